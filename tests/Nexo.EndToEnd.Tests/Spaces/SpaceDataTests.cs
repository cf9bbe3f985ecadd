using Nexo.Cli.Tests;
using Nexo.Client;
using Nexo.Engine.Schedules;
using Nexo.Server;

namespace Nexo.EndToEnd.Tests.Spaces;

/// <summary>Namespaces on disk: restarts, backups, the doctor.</summary>
public sealed class SpaceDataTests : IDisposable
{
    private const string Shop = SpaceServer.Shop;
    private const string Billing = SpaceServer.Billing;

    private readonly string _folder = Directory.CreateTempSubdirectory("nexo-spaces-").FullName;

    private string Data => Path.Combine(_folder, "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_namespace_has_what_was_in_it_after_a_stop_and_after_a_crash(bool isClean)
    {
        await using (TestServer server = await SpaceServer.StartAsync(Data))
        {
            await FillAllAsync(server);
            if (isClean)
            {
                await server.StopAsync();
            }
        }

        for (int round = 0; round < 2; round++)
        {
            await using TestServer again = await SpaceServer.StartAsync(Data);
            foreach (string? space in (string?[])[null, Shop, Billing])
            {
                await using NexoClient client = await again.ConnectAsync(space);
                Assert.Equal(SpaceServer.Filled(space ?? "default"), await SpaceServer.ReadAsync(client));
                await client.Admin.SnapshotAsync(TestContext.Current.CancellationToken);
            }
        }
    }

    [Fact]
    public async Task What_is_not_declared_any_more_is_kept_and_comes_back_when_it_is()
    {
        await using (TestServer server = await SpaceServer.StartAsync(Data))
        {
            await FillAllAsync(server);
        }

        await using (TestServer server = await SpaceServer.StartAsync(Data, Billing))
        {
            await using NexoClient client = await server.ConnectAsync(Billing);
            Assert.Equal(SpaceServer.Filled(Billing), await SpaceServer.ReadAsync(client));
            await Assert.ThrowsAsync<NexoException>(async () => await server.ConnectAsync(Shop));
        }

        await using TestServer again = await SpaceServer.StartAsync(Data);
        await using NexoClient back = await again.ConnectAsync(Shop);
        Assert.Equal(SpaceServer.Filled(Shop), await SpaceServer.ReadAsync(back));
    }

    [Fact]
    public async Task A_backup_is_of_one_namespace_and_is_restored_to_where_it_is_wanted()
    {
        string file = Path.Combine(_folder, "shop.backup");
        await using (TestServer server = await SpaceServer.StartAsync(Data))
        {
            await FillAllAsync(server);
            Assert.Equal(0, (await CliRunner.For(server.Url).Run("backup", file, "--namespace", Shop)).ExitCode);
        }

        // Before the server itself has ever started there.
        string target = Path.Combine(_folder, "target");
        CliResult restored = await new CliRunner().Run("restore", file, "--data", target, "--namespace", Billing);
        Assert.True(restored.ExitCode == 0, restored.Error);
        await using (TestServer again = await SpaceServer.StartAsync(target))
        {
            await using NexoClient billing = await again.ConnectAsync(Billing);
            Assert.Equal(SpaceServer.Filled(Shop), await SpaceServer.ReadAsync(billing));
            await using NexoClient rest = await again.ConnectAsync();
            Assert.Equal(0, await rest.Store.CountAsync());
        }

        Assert.Equal(2, (await new CliRunner().Run("restore", file, "--data", target, "--namespace", "No!")).ExitCode);
    }

    [Fact]
    public async Task Backups_by_the_schedule_are_made_of_each()
    {
        string backups = Path.Combine(_folder, "backups");
        await using (TestServer server = await TestServer.StartAsync(options => SpaceServer.WithSpaces(options) with
        {
            DataDirectory = Data,
            Backup = new BackupOptions { Schedule = Timetable.TryParse("every 1h", out _), Directory = backups, Drill = true },
        }))
        {
            await Poll.UntilAsync(() => Directory.Exists(backups) && Directory.GetFiles(backups, "*.backup").Length == 3);
        }

        Assert.Equal(
            ["nexo", "nexo.billing", "nexo.shop"],
            Directory.GetFiles(backups, "*.backup").Select(file => Path.GetFileName(file).Split('-')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_doctor_looks_at_all_namespaces()
    {
        await using (TestServer server = await SpaceServer.StartAsync(Data))
        {
            await FillAllAsync(server);
            await server.StopAsync();
        }

        CliResult healthy = await new CliRunner().Run("doctor", Data);
        Assert.Equal(0, healthy.ExitCode);
        Assert.Equal(["namespace billing", "namespace shop"], healthy.Lines.Where(line => line.StartsWith("namespace", StringComparison.Ordinal)));

        string log = Directory.GetFiles(Path.Combine(Data, "namespaces", Shop, "wal")).Order().First();
        byte[] bytes = await File.ReadAllBytesAsync(log, TestContext.Current.CancellationToken);
        bytes[200] ^= 0xFF;
        await File.WriteAllBytesAsync(log, bytes, TestContext.Current.CancellationToken);
        CliResult damaged = await new CliRunner().Run("doctor", Data);
        Assert.Equal(1, damaged.ExitCode);
        Assert.DoesNotContain(damaged.Lines.TakeWhile(line => line != "namespace shop"), line => line.Contains("DAMAGED", StringComparison.Ordinal));
        Assert.Contains(damaged.Lines, line => line.Contains("DAMAGED", StringComparison.Ordinal));

        // One that cannot be read keeps the server from starting, and is named.
        Server.Hosting.ServerStartException refused = await Assert.ThrowsAsync<Server.Hosting.ServerStartException>(
            () => SpaceServer.StartAsync(Data));
        Assert.Contains(Path.Combine("namespaces", Shop), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_server_may_not_have_the_same_namespace()
    {
        await using TestServer server = await SpaceServer.StartAsync(Data);
        await Assert.ThrowsAsync<Server.Hosting.ServerStartException>(() => SpaceServer.StartAsync(Data));
        await Assert.ThrowsAsync<Server.Hosting.ServerStartException>(
            () => SpaceServer.StartAsync(Path.Combine(Data, "namespaces", Shop)));
    }

    private static async Task FillAllAsync(TestServer server)
    {
        foreach (string? space in (string?[])[null, Shop, Billing])
        {
            await using NexoClient client = await server.ConnectAsync(space);
            await SpaceServer.FillAsync(client, space ?? "default");
            await client.Store.WithDurability(Protocol.Durability.Fsync).SetAsync("name", space ?? "default");
        }
    }
}
