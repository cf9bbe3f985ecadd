using System.Diagnostics;
using Nexo.Crash.Ledger;
using Nexo.Crash.Machine;
using Nexo.Crash.Report;
using Nexo.Crash.Server;
using Nexo.Crash.Wire;

namespace Nexo.Crash.Scenarios;

/// <summary>
/// The power fails under load: the data directory lies on an ext4 of its own, which is shut down without flushing
/// anything; what was written and not synced is gone. Then the server is killed, the file system mounted again.
/// </summary>
internal sealed class PowerScenario
{
    private const int Megabytes = 256;
    private const int LoadMsMax = 250;
    private const int DyingMsMax = 40;

    private readonly ScenarioOptions _options;
    private readonly LoopFileSystem _disk;
    private readonly ServerLaunch _launch;
    private readonly Random _random;
    private readonly Proof _proof;
    private readonly ScenarioResult _result;
    private readonly CancellationToken _cancel;

    private PowerScenario(ScenarioOptions options, LoopFileSystem disk, CancellationToken cancel)
    {
        _options = options;
        _disk = disk;
        _cancel = cancel;
        _random = new Random(options.Seed);
        _launch = options.WithMqtt().Launch with { DataDirectory = Path.Combine(disk.Root, "data") };
        _result = new ScenarioResult($"power, {_launch.LedgerDefault}", options.Seed);
        _proof = new BothProof(options.AllProofs(_random), options.MqttProof(_random));
    }

    public static async Task<ScenarioResult> RunAsync(ScenarioOptions options, CancellationToken cancel)
    {
        string directory = Path.Combine(options.Scratch, $"power-{options.Seed}");
        Directory.CreateDirectory(directory);
        try
        {
            await using LoopFileSystem disk = await LoopFileSystem.CreateAsync(directory, Megabytes);
            return await new PowerScenario(options, disk, cancel).RunAsync();
        }
        catch (MachineException refused)
        {
            return new ScenarioResult("power", options.Seed) { Skipped = refused.Message };
        }
    }

    private async Task<ScenarioResult> RunAsync()
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            while (_result.Cycles < _options.Cycles
                && Stopwatch.GetElapsedTime(start) < _options.Duration
                && _result.Findings.Count == 0)
            {
                await CycleAsync();
            }

            if (_result.Findings.Count == 0)
            {
                await using ServerProcess last = await ServerProcess.StartAsync(_launch, _cancel);
                _proof.OnStarted(last);
                _result.Add(await _proof.VerifyAsync(last.Port, _cancel));
                _result.Add(await _proof.EndAsync(last.Port, _cancel));
            }
        }
        catch (Exception failure) when (failure is ServerStartException or WireEndedException)
        {
            _result.Findings.Add(new Finding(FindingKind.Service, _launch.DataDirectory, failure.Message));
        }

        if (_result.Findings.Count > 0)
        {
            // The image goes; what the server left in it is kept.
            string kept = Path.Combine(_options.Scratch, $"power-{_options.Seed}", "kept");
            await Tool.RunAsync("cp", "-r", _launch.DataDirectory, kept);
        }

        _result.Took = Stopwatch.GetElapsedTime(start);
        return _result;
    }

    private async Task CycleAsync()
    {
        _result.Cycles++;
        await using (ServerProcess server = await ServerProcess.StartAsync(_launch, _cancel))
        {
            _proof.OnStarted(server);
            _result.Add(await _proof.VerifyAsync(server.Port, _cancel));
            if (_result.Cycles == 1)
            {
                _result.Add(await _proof.PrepareAsync(server.Port, _cancel));
            }

            if (_result.Findings.Count > 0)
            {
                return;
            }

            await LoadAndCrashAsync(server);
        }

        await _disk.RemountAsync();
        _result.Take(_proof);
        if (_result.Cycles % 25 == 0)
        {
            _options.Say($"{_result.Name}: {_result.Cycles} cycles, {_result.Durable:N0} durable writes");
        }
    }

    private async Task LoadAndCrashAsync(ServerProcess server)
    {
        using var stop = new CancellationTokenSource();
        Task load = _proof.RunAsync(server.Port, stop.Token, _cancel);
        await Task.Delay(_random.Next(1, LoadMsMax), _cancel);
        _disk.Crash();

        // It lives on for a moment on a disk that is gone, and must not acknowledge anything that is not there.
        await Task.Delay(_random.Next(0, DyingMsMax), _cancel);
        await stop.CancelAsync();
        await server.KillAsync();
        await load;
        if (_proof.Unknown > 0)
        {
            _result.Count("power failures that the server noticed");
        }

        _proof.Crash();
        _result.Add(_proof.TakeFindings());
    }
}
