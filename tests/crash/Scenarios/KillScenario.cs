using System.Diagnostics;
using Nexo.Crash.Ledger;
using Nexo.Crash.Report;
using Nexo.Crash.Server;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Scenarios;

/// <summary>
/// kill -9 at random moments under mixed load: while it serves, while it starts, while it writes a snapshot.
/// </summary>
internal sealed class KillScenario
{
    /// <summary>Who talks to a server that is gone has noticed by then. Short: the interval promise counts from the kill.</summary>
    private static readonly TimeSpan EndWithin = TimeSpan.FromMilliseconds(500);

    private const int LoadMsMax = 300;
    private const int IdleEvery = 40;

    private readonly ScenarioOptions _options;
    private readonly ServerLaunch _launch;
    private readonly Random _random;
    private readonly Proof _proof;
    private readonly ScenarioResult _result;
    private readonly CancellationToken _cancel;
    private double _readyMs = 100;

    private KillScenario(string name, ScenarioOptions options, Func<Random, Proof> proof, CancellationToken cancel)
    {
        _options = options;
        _cancel = cancel;
        _random = new Random(options.Seed);
        _launch = options.Launch with { DataDirectory = Path.Combine(options.Scratch, $"{name}-{options.Seed}") };
        _result = new ScenarioResult($"{name}, {_launch.LedgerDefault}", options.Seed);
        _proof = proof(_random);
    }

    /// <summary>With writers of the store.</summary>
    public static Task<ScenarioResult> RunAsync(ScenarioOptions options, CancellationToken cancel) =>
        RunAsync("kill", options, options.StoreProof, cancel);

    /// <summary>With publishers and consumers of queues.</summary>
    public static Task<ScenarioResult> RunQueuesAsync(ScenarioOptions options, CancellationToken cancel) =>
        RunAsync("queue-kill", options, options.QueueProof, cancel);

    /// <summary>With publishers of topics that are kept, and bound to queues.</summary>
    public static Task<ScenarioResult> RunTopicsAsync(ScenarioOptions options, CancellationToken cancel) =>
        RunAsync("topic-kill", options, options.TopicProof, cancel);

    /// <summary>With producers and readers of streams.</summary>
    public static Task<ScenarioResult> RunStreamsAsync(ScenarioOptions options, CancellationToken cancel) =>
        RunAsync("stream-kill", options, options.StreamProof, cancel);

    /// <summary>With publishers and subscribers of MQTT.</summary>
    public static Task<ScenarioResult> RunMqttAsync(ScenarioOptions options, CancellationToken cancel) =>
        RunAsync("mqtt-kill", options.WithMqtt(), options.MqttProof, cancel);

    /// <summary>With the same names in two namespaces, in stores and queues.</summary>
    /// <param name="options">Of every scenario.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="second">The one besides the default one; that one itself shows that what is mixed up is found out.</param>
    public static Task<ScenarioResult> RunSpacesAsync(
        ScenarioOptions options, CancellationToken cancel, string second = ScenarioOptions.SpaceName) =>
        RunAsync("space-kill", options.WithSpace(), random => options.SpaceProofs(random, second), cancel);

    /// <summary>With clients of Redis.</summary>
    public static Task<ScenarioResult> RunRespAsync(ScenarioOptions options, CancellationToken cancel) =>
        RunAsync("resp-kill", options.WithResp(), options.RespProof, cancel);

    private static async Task<ScenarioResult> RunAsync(
        string name, ScenarioOptions options, Func<Random, Proof> proof, CancellationToken cancel)
    {
        var scenario = new KillScenario(name, options, proof, cancel);
        long start = Stopwatch.GetTimestamp();
        try
        {
            while (scenario._result.Cycles < options.Cycles
                && Stopwatch.GetElapsedTime(start) < options.Duration
                && scenario._result.Findings.Count == 0)
            {
                await scenario.CycleAsync();
            }

            await scenario.EndAsync();
        }
        catch (Exception failure) when (failure is ServerStartException or WireEndedException)
        {
            scenario._result.Findings.Add(
                new Finding(FindingKind.Service, scenario._launch.DataDirectory, failure.Message));
        }

        scenario._result.Took = Stopwatch.GetElapsedTime(start);
        return scenario._result;
    }

    private async Task CycleAsync()
    {
        _result.Cycles++;
        if (_result.Cycles > 1 && _random.Next(6) == 0)
        {
            await KillWhileStartingAsync();
            return;
        }

        await using ServerProcess server = await StartAndVerifyAsync();
        if (_result.Cycles == 1)
        {
            _result.Add(await _proof.PrepareAsync(server.Port, _cancel));
        }

        if (_result.Findings.Count == 0)
        {
            await LoadAndKillAsync(server);
        }
    }

    private async Task KillWhileStartingAsync()
    {
        ServerProcess server = ServerProcess.Spawn(_launch);
        await using (server)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_random.NextDouble() * _readyMs), _cancel);
            await server.KillAsync();
        }

        _result.Count("kills while starting");
    }

    private async Task<ServerProcess> StartAndVerifyAsync()
    {
        ServerProcess server = await ServerProcess.StartAsync(_launch, _cancel);
        _proof.OnStarted(server);
        _readyMs = (0.8 * _readyMs) + (0.2 * server.ReadyAfter.TotalMilliseconds);
        try
        {
            _result.Add(await _proof.VerifyAsync(server.Port, _cancel));
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private async Task LoadAndKillAsync(ServerProcess server)
    {
        using var stop = new CancellationTokenSource();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_cancel);
        Task load = _proof.RunAsync(server.Port, stop.Token, over.Token);
        await Task.Delay(_random.Next(1, LoadMsMax), _cancel);
        if (_result.Cycles % IdleEvery == 0)
        {
            // What was acknowledged with `interval` must be durable by itself after a while.
            await stop.CancelAsync();
            await load;
            await Task.Delay(TimeSpan.FromSeconds(3), _cancel);
            _result.Count("kills after the interval");
        }
        else if (_random.Next(3) == 0)
        {
            await AskForSnapshotAsync(server.Port);
            await Task.Delay(_random.Next(0, 30), _cancel);
        }

        await server.KillAsync();
        over.CancelAfter(EndWithin);
        try
        {
            await load;
        }
        catch (OperationCanceledException) when (!_cancel.IsCancellationRequested)
        {
            // A connection that was being made in that moment may never hear that nobody is there.
            _result.Count("loads that did not end by themselves");
        }

        _proof.Crash();
        string snapshots = Path.Combine(_launch.DataDirectory, "snapshots");
        if (Directory.Exists(snapshots) && Directory.EnumerateFiles(snapshots, "*.tmp").Any())
        {
            _result.Count("kills while a snapshot was written");
        }

        _result.Add(_proof.TakeFindings());
        _result.Take(_proof);
        if (_result.Cycles % 50 == 0)
        {
            _options.Say($"{_result.Name}: {_result.Cycles} cycles, {_result.Durable:N0} durable writes");
        }
    }

    private async Task AskForSnapshotAsync(int port)
    {
        try
        {
            using WireConnection connection = await WireConnection.OpenAsync(port, _cancel);
            connection.Write(Opcode.AdminSnapshot, Durability.ServerDefault, _ => { });
            await connection.FlushAsync(_cancel);
        }
        catch (WireEndedException)
        {
            // Nothing depends on it.
        }
    }

    // The last kill is judged too; then a stop in order must keep everything, whatever its durability.
    private async Task EndAsync()
    {
        if (_result.Findings.Count > 0)
        {
            return;
        }

        await using (ServerProcess server = await StartAndVerifyAsync())
        {
            await server.StopAsync();
        }

        await using ServerProcess again = await StartAndVerifyAsync();
        _result.Add(await _proof.EndAsync(again.Port, _cancel));
        _result.Take(_proof);
    }
}
