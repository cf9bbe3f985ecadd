using System.Diagnostics;
using System.Net;
using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Crash.Load;
using Nexo.Crash.Machine;
using Nexo.Crash.Mqtt;
using Nexo.Crash.Queues;
using Nexo.Crash.Report;
using Nexo.Crash.Server;
using Nexo.Crash.Streams;
using Nexo.Crash.Topics;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Scenarios;

/// <summary>
/// One system call of the real server fails, once. If it was one of the log's: from then on no write is acknowledged,
/// the error is <c>StorageFailed</c>, <c>/readyz</c> is 503, reads go on. Whatever it was: after a restart everything
/// that was acknowledged is there.
/// </summary>
internal sealed class FaultScenario
{
    private const int LoadMs = 400;
    private const int LogSegments = 64;

    /// <summary>What may fail, how, and up to which of its calls.</summary>
    private static readonly (string Call, string Error, int WhenMax, bool OnLog)[] Faults =
    [
        ("fsync,fdatasync", "EIO", 25, true),
        ("pwrite64,pwritev", "EIO", 25, true),
        ("fsync,fdatasync", "EIO", 12, false),
        ("pwrite64,pwritev", "EIO", 80, false),
        ("pwrite64,pwritev", "ENOSPC", 80, false),
        ("openat", "EIO", 40, false),
        ("openat", "EMFILE", 40, false),
        ("rename,renameat,renameat2", "EIO", 3, false),
        ("ftruncate", "EIO", 4, false),
        ("unlink,unlinkat", "EIO", 4, false),
    ];

    private readonly ScenarioOptions _options;
    private readonly ServerLaunch _launch;
    private readonly Random _random;
    private readonly ScenarioResult _result;
    private readonly CancellationToken _cancel;
    private StoreProof _store;
    private MqttProof _mqtt;
    private Proof _proof;

    private FaultScenario(ScenarioOptions options, CancellationToken cancel)
    {
        _options = options;
        _cancel = cancel;
        _random = new Random(options.Seed);
        _launch = options.WithMqtt().Launch with { DataDirectory = Path.Combine(options.Scratch, $"faults-{options.Seed}") };
        _result = new ScenarioResult($"faults, {_launch.LedgerDefault}", options.Seed);
        (_store, _mqtt, _proof) = NewProof();
    }

    public static async Task<ScenarioResult> RunAsync(ScenarioOptions options, CancellationToken cancel)
    {
        try
        {
            await Strace.ProbeAsync();
        }
        catch (MachineException refused)
        {
            return new ScenarioResult("faults", options.Seed) { Skipped = refused.Message };
        }

        return await new FaultScenario(options, cancel).RunAsync();
    }

    private async Task<ScenarioResult> RunAsync()
    {
        long start = Stopwatch.GetTimestamp();
        while (_result.Cycles < _options.Cycles
            && Stopwatch.GetElapsedTime(start) < _options.Duration
            && _result.Findings.Count == 0)
        {
            (string call, string error, int whenMax, bool onLog) = Faults[_result.Cycles % Faults.Length];
            var fault = new InjectedFault(call, error, _random.Next(1, whenMax));
            try
            {
                await CycleAsync(fault, onLog);
            }
            catch (Exception failure) when (failure is ServerStartException or WireEndedException)
            {
                Report(fault, failure.Message);
            }
        }

        _result.Took = Stopwatch.GetElapsedTime(start);
        return _result;
    }

    private async Task CycleAsync(InjectedFault fault, bool onLog)
    {
        _result.Cycles++;
        if (_result.Cycles % Faults.Length == 1)
        {
            // A directory that does not exist yet, so that its creation is hit as well.
            DeleteData();
            (_store, _mqtt, _proof) = NewProof();
        }

        string record = Path.Combine(_options.Scratch, "strace.txt");
        File.Delete(record);
        IEnumerable<string> files = onLog ? LogFiles() : FilesThatCount();
        ServerLaunch launch = _launch with { Wrapper = Strace.Wrapper(fault, files, record) };
        ServerProcess server = ServerProcess.Spawn(launch);
        await using (server)
        {
            if (await TryWaitReadyAsync(server, fault))
            {
                _proof.OnStarted(server);
                await WorkAsync(server, fault, onLog, record);
            }

            await server.KillAsync();
            _proof.Crash();
        }

        await using ServerProcess again = await ServerProcess.StartAsync(_launch, _cancel);
        _proof.OnStarted(again);
        _result.Add(await _proof.VerifyAsync(again.Port, _cancel));
        await again.StopAsync();
        _result.Acknowledged += _proof.Acknowledged;
        _result.Durable += _proof.Durable;
        _result.Verified += _proof.Verified;
    }

    private async Task<bool> TryWaitReadyAsync(ServerProcess server, InjectedFault fault)
    {
        try
        {
            await server.WaitReadyAsync(_cancel);
            return true;
        }
        catch (ServerStartException)
        {
            // It may refuse to start, but it must say so.
            _result.Count("starts refused");
            if (server.HasExited && server.ExitCode is not 1 and not 70)
            {
                Report(fault, $"the start ended with {server.ExitCode}:\n{server.Log}");
            }

            return false;
        }
    }

    private async Task WorkAsync(ServerProcess server, InjectedFault fault, bool onLog, string record)
    {
        using var stop = new CancellationTokenSource();
        Task load = _proof.RunAsync(server.Port, stop.Token, _cancel);
        await Task.Delay(LoadMs, _cancel);
        await stop.CancelAsync();
        await load;
        _result.Add(_proof.TakeFindings());
        string? hit = Strace.Hit(record);
        _result.Count(hit is null ? "faults not reached" : "faults");
        if (_proof.Unknown > 0)
        {
            _result.Count("failures of the log");
            await CheckFailedAsync(server, fault);
        }
        else if (hit is not null && onLog)
        {
            Report(fault, $"the log went on after {hit}\n{server.Log}");
        }
    }

    private async Task CheckFailedAsync(ServerProcess server, InjectedFault fault)
    {
        (HttpStatusCode ready, string reason) = await server.GetAsync("/readyz", _cancel);
        if (ready != HttpStatusCode.ServiceUnavailable)
        {
            Report(fault, $"/readyz is {ready}: {reason}");
        }

        using WireConnection connection = await WireConnection.OpenAsync(server.Port, _cancel);
        foreach (string key in _store.Book.Lanes[0].Model.Keys.Take(20))
        {
            Frame read = await connection.AskAsync(
                Opcode.StoreExists, Durability.ServerDefault, body => body.WriteUtf8(key), _cancel);
            if (read.Kind != FrameKind.Reply)
            {
                Report(fault, $"a read was answered with {read.ErrorText}");
            }
        }

        var write = new SetOperation("L0/s0", Payload.Chunk(1, Payload.BytesMin));
        Frame refused = await connection.AskAsync(write.Opcode, Durability.ServerDefault, write.WriteBody, _cancel);
        if (refused.Error != ErrorCode.StorageFailed)
        {
            Report(fault, $"a write after the failure was answered with {refused.Kind} {refused.Error}");
        }

        await CheckQueuesAndTopicsFailedAsync(connection, fault);
        await CheckStreamsFailedAsync(connection, fault);
        if (await _mqtt.FindAcknowledgedAsync(_cancel) is { } acknowledged)
        {
            Report(fault, acknowledged);
        }
    }

    private async Task CheckStreamsFailedAsync(WireConnection connection, InjectedFault fault)
    {
        byte[] stream = Encoding.UTF8.GetBytes(StreamPlan.All[0].Name);
        Frame appended = await connection.AskAsync(
            Opcode.StreamAppend,
            Durability.ServerDefault,
            body => new StreamAppendRequest { Stream = stream }.Write(body),
            _cancel);
        if (appended.Error is not ErrorCode.StorageFailed and not ErrorCode.StreamNotFound)
        {
            Report(fault, $"an append after the failure was answered with {appended.Kind} {appended.Error}");
        }

        Frame read = await connection.AskAsync(
            Opcode.StreamRead,
            Durability.ServerDefault,
            body => new StreamReadRequest
            {
                From = new StreamPosition(PositionKind.Beginning),
                RecordsMax = 1,
                Stream = stream,
            }.Write(body),
            _cancel);
        if (read.Kind != FrameKind.Reply && read.Error != ErrorCode.StreamNotFound)
        {
            Report(fault, $"a read of a stream was answered with {read.ErrorText}");
        }
    }

    private async Task CheckQueuesAndTopicsFailedAsync(WireConnection connection, InjectedFault fault)
    {
        byte[] queue = Encoding.UTF8.GetBytes(QueuePlan.All[0].Name);
        Frame pushed = await connection.AskAsync(
            Opcode.QueuePush,
            Durability.ServerDefault,
            body => new QueuePushRequest { Queue = queue }.Write(body),
            _cancel);
        if (pushed.Error != ErrorCode.StorageFailed)
        {
            Report(fault, $"a push after the failure was answered with {pushed.Kind} {pushed.Error}");
        }

        Frame peeked = await connection.AskAsync(
            Opcode.QueuePeek,
            Durability.ServerDefault,
            body => new QueuePeekRequest { Limit = 1, Queue = queue }.Write(body),
            _cancel);
        if (peeked.Kind != FrameKind.Reply && peeked.Error != ErrorCode.QueueNotFound)
        {
            Report(fault, $"a look into a queue was answered with {peeked.ErrorText}");
        }

        Frame kept = await connection.AskAsync(
            Opcode.TopicPublish,
            Durability.ServerDefault,
            body => new TopicPublishRequest
            {
                Message = new TopicPublication { Flags = PublishFlags.Retain, Topic = "t"u8, Body = "x"u8 },
            }.Write(body),
            _cancel);
        if (kept.Error != ErrorCode.StorageFailed)
        {
            Report(fault, $"a retained publish after the failure was answered with {kept.Kind} {kept.Error}");
        }
    }

    private (StoreProof Store, MqttProof Mqtt, Proof All) NewProof()
    {
        StoreProof store = _options.StoreProof(_random, new LoadOptions { Lanes = 2, DepthMax = 8 });
        var load = new QueueLoadOptions { Publishers = 1, Consumers = 2, AliveMax = 1_000 };
        var mqtt = new MqttProof(_random, lanes: 1);
        return (store, mqtt, new BothProof(
            new BothProof(new BothProof(store, _options.QueueProof(_random, load)), mqtt),
            new BothProof(
                _options.TopicProof(_random, new TopicLoadOptions { Lanes = 1, LogMayFail = true }),
                _options.StreamProof(_random, new StreamLoadOptions { Producers = 1, Readers = 1, Members = 1, LogMayFail = true }))));
    }

    private IEnumerable<string> LogFiles() =>
        Enumerable.Range(1, LogSegments).Select(i => Path.Combine(_launch.DataDirectory, "wal", $"{i:x16}.wal"));

    // All there are, unless the server runs on a runtime that opens hundreds of its own first.
    private IEnumerable<string> FilesThatCount() => _launch.Program.Count == 1
        ? []
        :
        [
            .. from name in (string[])["", "LOCK", "FORMAT", "FORMAT.tmp", "wal", "snapshots"]
               select Path.Combine(_launch.DataDirectory, name).TrimEnd('/'),
            .. LogFiles(),
            .. LogFiles().Select(file => Path.ChangeExtension(file, "tmp")),
        ];

    private void DeleteData()
    {
        if (Directory.Exists(_launch.DataDirectory))
        {
            Directory.Delete(_launch.DataDirectory, recursive: true);
        }
    }

    private void Report(InjectedFault fault, string text) =>
        _result.Findings.Add(new Finding(FindingKind.Service, fault.ToString(), text));
}
