using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Nexo.Client.Tests;

/// <summary>Many callers at once, and what a call costs. Alone, so that nothing else allocates.</summary>
[Collection(nameof(SoakTests))]
[CollectionDefinition(nameof(SoakTests), DisableParallelization = true)]
public sealed class SoakTests
{
    private readonly ITestOutputHelper _output;

    public SoakTests(ITestOutputHelper output) => _output = output;

    [Fact]
    public async Task Eight_callers_each_read_what_they_wrote_while_the_connection_is_cut_and_calls_are_cancelled()
    {
        using var server = new EchoServer(inFlightMax: 6);
        await using NexoClient client = await NexoClient.ConnectAsync(
            new NexoClientOptions { Url = server.Url, ReconnectDelayMin = TimeSpan.FromMilliseconds(1) });
        long started = Stopwatch.GetTimestamp();
        bool Running() => Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(2);
        int failed = 0;
        Task<int>[] callers = [.. Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);

            // Writes whose end is not known: one of them may still arrive after the write that follows it.
            var uncertain = new HashSet<long>();
            byte[] key = BitConverter.GetBytes(caller | 0x41414100);
            int done = 0;
            while (Running())
            {
                long value = random.NextInt64();
                try
                {
                    using var source = new CancellationTokenSource();
                    if (random.Next(50) == 0)
                    {
                        source.CancelAfter(TimeSpan.FromTicks(random.Next(2_000)));
                    }

                    await client.Store.SetBytesAsync(key, BitConverter.GetBytes(value), null, source.Token);
                    StoreEntry<ReadOnlyMemory<byte>>? read = await client.Store.GetBytesAsync(key, source.Token);
                    long got = BitConverter.ToInt64(read!.Value.Value.Span);
                    Assert.True(got == value || uncertain.Contains(got), "another caller's answer");
                    done++;
                }
                catch (OperationCanceledException)
                {
                    uncertain.Add(value);
                }
                catch (NexoException error)
                {
                    Assert.Equal(ClientErrorCode.ConnectionLost, error.Code);
                    uncertain.Add(value);
                    Interlocked.Increment(ref failed);
                }
            }

            return done;
        }))];
        for (int cut = 0; cut < 8; cut++)
        {
            await Task.Delay(200, TestContext.Current.CancellationToken);
            server.DropAll();
        }

        int[] done = await Task.WhenAll(callers).WaitAsync(Patience.Limit);
        _output.WriteLine($"{done.Sum()} round trips of two calls, {failed} failed by a cut connection");
        Assert.All(done, count => Assert.True(count > 50));
        Assert.Equal(NexoConnectionState.Connected, client.State);
    }

    [Fact]
    public async Task Raw_reads_and_writes_allocate_nothing()
    {
        using var server = new EchoServer();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        byte[] key = "key"u8.ToArray();
        byte[] value = new byte[64];
        var buffer = new ArrayBufferWriter<byte>(128);
        async Task RunAsync(int calls)
        {
            for (int i = 0; i < calls; i++)
            {
                await client.Store.SetBytesAsync(key, value).ConfigureAwait(false);
                await client.Store.GetAsync("key", buffer).ConfigureAwait(false);
                buffer.ResetWrittenCount();
            }
        }

        const int Calls = 4_000;
        await RunAsync(Calls);
        double least = double.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            // The whole process: both ends of the connection, and every thread that serves them.
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await RunAsync(Calls);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (2.0 * Calls));
        }

        _output.WriteLine($"{least:F2} bytes allocated per call");
        Assert.True(least < 8, $"{least:F2} bytes allocated per call");
    }

    [Fact]
    [SuppressMessage("Reliability", "CA2012", Justification = "Each is awaited once; tasks would be what is measured.")]
    public async Task A_push_allocates_nothing_and_a_delivery_with_its_ack_its_message_alone()
    {
        using var server = new EchoServer();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        NexoQueue<ReadOnlyMemory<byte>> queue = client.Queue("q");
        byte[] body = new byte[64];
        double push = await LeastBytesAsync(4_000, async calls =>
        {
            for (int i = 0; i < calls; i++)
            {
                await queue.PushAsync(body, new QueuePushOptions { Priority = 3, Group = "tenant" }).ConfigureAwait(false);
            }
        });

        var options = new QueueConsumeOptions { Lease = TimeSpan.FromHours(1), Prefetch = 64, ReleaseAtEnd = false };
        IAsyncEnumerator<QueueDelivery<ReadOnlyMemory<byte>>> messages =
            queue.ConsumeAsync(options).GetAsyncEnumerator();
        var acks = new ValueTask[32];
        double alone = await LeastBytesAsync(4_000, async calls =>
        {
            for (int i = 0; i < calls; i++)
            {
                await messages.MoveNextAsync().ConfigureAwait(false);
                await messages.Current.AckAsync().ConfigureAwait(false);
            }
        });
        int requests = server.Acks;
        double together = await LeastBytesAsync(8_000, async calls =>
        {
            for (int i = 0; i < calls; i += acks.Length)
            {
                for (int j = 0; j < acks.Length; j++)
                {
                    await messages.MoveNextAsync().ConfigureAwait(false);
                    acks[j] = messages.Current.AckAsync();
                }

                foreach (ValueTask ack in acks)
                {
                    await ack.ConfigureAwait(false);
                }
            }
        });

        _output.WriteLine($"{push:F2} bytes for a push; for a message of 64 bytes and its ack {alone:F2}, {together:F2} when acked with others");
        _output.WriteLine($"{4 * 8_000 / (server.Acks - requests)} acks in a request");
        Assert.True(push < 8, $"{push:F2} bytes for a push");
        Assert.True(alone < 400, $"{alone:F2} bytes for a delivery and its ack");
        Assert.True(together < 400, $"{together:F2} bytes for a delivery and its ack");
    }

    /// <summary>What a call allocates at least, in the whole process: both ends of the connection, and every thread that serves
    /// them.</summary>
    private static async Task<double> LeastBytesAsync(int calls, Func<int, Task> run)
    {
        await run(calls);
        double least = double.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await run(calls);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)calls);
        }

        return least;
    }
}
