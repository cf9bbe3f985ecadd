using Nexo.Client;
using Nexo.EndToEnd.Tests.Data;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Server.Pressure;

namespace Nexo.EndToEnd.Tests.Pressure;

/// <summary>What is refused when the disk is to take no more, though it could.</summary>
public sealed class DiskPressureTests
{
    private const long Free = 1L << 30;

    [Fact]
    public async Task What_is_to_be_kept_is_refused_and_what_removes_goes_on_until_there_is_room_again()
    {
        string directory = Directory.CreateTempSubdirectory("nexo-disk-").FullName;
        var disk = new MachineDiskDouble();
        try
        {
            await using TestServer server = await TestServer.StartAsync(options => options with
            {
                DataDirectory = directory,
                Disk = disk,
                Pressure = new PressureOptions { DiskFreeMin = Free },
            });
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            NexoQueue<string> queue = client.Queue<string>("q");
            NexoStream<string> stream = client.Stream<string>("s");
            await stream.CreateAsync();
            await stream.AppendAsync("before");
            StreamGroup<string> group = stream.Group("g");
            await group.CreateAsync(GroupMode.SharedByKey, StreamFrom.Beginning);
            await client.Store.SetAsync("k", "v");
            await queue.PushAsync("first");

            disk.Free = Free - 1;
            await Poll.UntilAsync(() => server.Native.Clients.Disk.Level == PressureLevel.Refusing && server.Log().HoldsGrowth);
            await RefusedAsync(() => client.Store.SetAsync("other", "v").AsTask());
            await RefusedAsync(() => queue.PushAsync("second").AsTask());
            await RefusedAsync(() => stream.AppendAsync("record").AsTask());
            await RefusedAsync(() => client.Topics.PublishAsync("t", "v", new TopicPublishOptions { Retain = true }).AsTask());

            await client.Topics.PublishAsync("t", "not kept");
            Assert.Equal("v", await client.Store.GetAsync<string>("k"));
            Assert.True((await client.Store.DeleteAsync("k")).Deleted);
            QueueDelivery<string> message = Assert.Single(await queue.PullAsync());
            await message.AckAsync();
            await foreach (StreamDelivery<string> record in group.ConsumeAsync())
            {
                Assert.Equal("before", record.Value);
                await record.AckAsync();
                break;
            }

            disk.Free = 4 * Free;
            await Poll.UntilAsync(() => !server.Log().HoldsGrowth);
            await client.Store.SetAsync("other", "v");
            await queue.PushAsync("second");
            await stream.AppendAsync("record");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task The_data_directory_takes_no_more_than_it_may_however_much_is_written()
    {
        const long Max = 40 * 1_024 * 1_024;
        string directory = Directory.CreateTempSubdirectory("nexo-disk-").FullName;
        try
        {
            await using TestServer server = await TestServer.StartAsync(options => options with
            {
                DataDirectory = directory,
                Storage = options.Storage with { SegmentBytes = 1_024 * 1_024 },
                Pressure = new PressureOptions { DiskMax = Max, DiskFreeMin = 0 },
            });
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            byte[] value = new byte[100_000];
            NexoException? refused = null;
            for (int i = 0; refused is null && i < 2_000; i++)
            {
                try
                {
                    await client.Store.SetBytesAsync($"k{i}", value);
                }
                catch (NexoException failure)
                {
                    refused = failure;
                }
            }

            Assert.Equal(ErrorCode.StorageFull, refused?.Code);

            // A snapshot that was being written then may still be ended.
            Assert.InRange(new MachineDisk(directory).Measure(), Max / 2, 3 * Max);
            Assert.True((await client.Store.DeleteAsync("k0")).Deleted);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task What_was_deleted_makes_room_although_it_lies_in_snapshots_and_the_log_is_short()
    {
        string directory = Directory.CreateTempSubdirectory("nexo-disk-").FullName;
        try
        {
            await using TestServer server = await TestServer.StartAsync(options => options with
            {
                DataDirectory = directory,
                Storage = options.Storage with { SegmentBytes = 64 * 1_024 * 1_024, SnapshotIntervalMs = 0 },
                Pressure = new PressureOptions { DiskMax = 95 * 1_024 * 1_024, DiskFreeMin = 0 },
            });
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            byte[] value = new byte[500_000];
            new Random(1).NextBytes(value);
            for (int i = 0; i < 30; i++)
            {
                await client.Store.SetBytesAsync($"k{i}", value);
            }

            // The log's only segment has 64 MiB; each of these has all of the 15.
            await client.Admin.SnapshotAsync();
            await client.Store.DeleteAsync("k0");
            await client.Admin.SnapshotAsync();
            await Poll.UntilAsync(() => server.Log().HoldsGrowth);
            await client.Store.ClearAsync(default);

            await Poll.UntilAsync(() => !server.Log().HoldsGrowth, TimeSpan.FromSeconds(90));
            await client.Store.SetBytesAsync("k", value);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task RefusedAsync(Func<Task> grow)
    {
        NexoException refused = await Assert.ThrowsAsync<NexoException>(grow);
        Assert.Equal((ErrorCode.StorageFull, true), (refused.Code, refused.Retryable));
    }
}
