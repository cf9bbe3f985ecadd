using System.Diagnostics;
using System.Net;
using Nexo.Crash.Ledger;
using Nexo.Crash.Machine;
using Nexo.Crash.Report;
using Nexo.Crash.Server;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Scenarios;

/// <summary>
/// A file system of 64 MB is filled, by the server and by a file of somebody else. Writes get the retryable
/// <c>StorageFull</c>, deletes pass, reads go on; when the file is gone service returns without a restart. Then kill
/// -9.
/// </summary>
internal sealed class FullScenario
{
    private const int Megabytes = 64;
    private const int LeftFreeMegabytes = 20;
    private const int ValueBytes = 16 * 1_024;
    private const int FillKeys = 900;
    private const int WritesMax = 20_000;
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(100);

    private readonly string _root;
    private readonly ServerLaunch _launch;
    private readonly ScenarioResult _result;
    private readonly Random _random;
    private readonly CancellationToken _cancel;
    private LedgerBook _book;
    private Lane _lane;
    private ulong _number;

    private FullScenario(ScenarioOptions options, string root, CancellationToken cancel)
    {
        _root = root;
        _cancel = cancel;
        _random = new Random(options.Seed);
        _launch = options.Launch with { DataDirectory = Path.Combine(root, "data") };
        _result = new ScenarioResult($"full, {_launch.LedgerDefault}", options.Seed);
        _book = new LedgerBook(1, _launch.LedgerDefault);
        _lane = _book.Lanes[0];
        _number = (ulong)_random.NextInt64() << 20;
    }

    private string Filler => Path.Combine(_root, "somebody-elses-file");

    public static async Task<ScenarioResult> RunAsync(ScenarioOptions options, CancellationToken cancel)
    {
        string directory = Path.Combine(options.Scratch, $"full-{options.Seed}");
        Directory.CreateDirectory(directory);
        try
        {
            await using LoopFileSystem disk = await LoopFileSystem.CreateAsync(directory, Megabytes);
            return await new FullScenario(options, disk.Root, cancel).RunAsync(options);
        }
        catch (MachineException refused)
        {
            return new ScenarioResult("full", options.Seed) { Skipped = refused.Message };
        }
    }

    private async Task<ScenarioResult> RunAsync(ScenarioOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            while (_result.Cycles < options.Cycles
                && Stopwatch.GetElapsedTime(start) < options.Duration
                && _result.Findings.Count == 0)
            {
                await CycleAsync();
            }
        }
        catch (Exception failure) when (failure is ServerStartException or WireEndedException)
        {
            Report(failure.Message);
        }

        _result.Took = Stopwatch.GetElapsedTime(start);
        return _result;
    }

    private async Task CycleAsync()
    {
        _result.Cycles++;
        Begin();
        await WriteFillerAsync();
        bool killWhileFull = _result.Cycles % 2 == 0;
        await using (ServerProcess server = await StartAndVerifyAsync())
        {
            using WireConnection connection = await WireConnection.OpenAsync(server.Port, _cancel);
            if (await FillAsync(connection))
            {
                await WhileFullAsync(server, connection);
                if (!killWhileFull)
                {
                    await ReturnAsync(server, connection);
                }
            }

            // Everything that was acknowledged is there, before the crash and after it.
            _result.Add(await _book.VerifyAsync(server.Port, _cancel));
            await server.KillAsync();
            _book.Crash();
        }

        await using (ServerProcess again = await StartAndVerifyAsync())
        {
            using WireConnection connection = await WireConnection.OpenAsync(again.Port, _cancel);
            if (killWhileFull)
            {
                _result.Count("starts on a full disk");
                await ReturnAsync(again, connection);
            }

        }

        _result.Acknowledged += _book.Acknowledged;
        _result.Durable += _book.Durable;
        _result.Verified += _book.Verified;
    }

    // Each time anew: the server's own files must not be what takes the room, for then nobody gives it back.
    private void Begin()
    {
        _book = new LedgerBook(1, _launch.LedgerDefault);
        _lane = _book.Lanes[0];
        if (Directory.Exists(_launch.DataDirectory))
        {
            Directory.Delete(_launch.DataDirectory, recursive: true);
        }
    }

    private async Task<ServerProcess> StartAndVerifyAsync()
    {
        ServerProcess server = await ServerProcess.StartAsync(_launch, _cancel);
        try
        {
            _result.Add(await _book.VerifyAsync(server.Port, _cancel));
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private async Task WriteFillerAsync()
    {
        byte[] megabyte = new byte[1_024 * 1_024];
        await using FileStream filler = File.Create(Filler);
        while (new DriveInfo(_root).AvailableFreeSpace > (LeftFreeMegabytes + 1) * megabyte.Length)
        {
            await filler.WriteAsync(megabyte, _cancel);
            filler.Flush(flushToDisk: true);
        }
    }

    // The values are new each time and few enough to fit: it is the log that fills the disk until a snapshot frees
    // it, and the snapshot that does not find room.
    private async Task<bool> FillAsync(WireConnection connection)
    {
        for (int i = 0; i < WritesMax; i++)
        {
            ErrorCode error = await SetAsync(connection, $"{_lane.Prefix}k{i % FillKeys}");
            if (error == ErrorCode.StorageFull)
            {
                _result.Count("writes until the disk was full", i);
                return true;
            }

            if (error != ErrorCode.None)
            {
                Report($"a write on a disk that fills up was answered with {error}");
                return false;
            }
        }

        Report($"the disk was not full after {WritesMax} writes");
        return false;
    }

    private async Task WhileFullAsync(ServerProcess server, WireConnection connection)
    {
        string[] there = [.. _lane.Model.Where(pair => pair.Value.Exists).Select(pair => pair.Key)];
        for (int i = 0; i < 100; i++)
        {
            string key = there[_random.Next(there.Length)];
            Frame read = await connection.AskAsync(
                Opcode.StoreGet, Durability.ServerDefault, body => body.WriteUtf8(key), _cancel);
            if (read.Kind != FrameKind.Reply)
            {
                Report($"a read on a full disk was answered with {read.ErrorText}");
            }
        }

        foreach (string key in there.Take(100))
        {
            ErrorCode error = await DoAsync(connection, new DeleteOperation(key));
            if (error != ErrorCode.None)
            {
                Report($"a delete on a full disk was answered with {error}");
            }
        }

        (HttpStatusCode health, _) = await server.GetAsync("/healthz", _cancel);
        if (health != HttpStatusCode.OK)
        {
            Report($"/healthz is {health} on a full disk");
        }
    }

    private async Task ReturnAsync(ServerProcess server, WireConnection connection)
    {
        long start = Stopwatch.GetTimestamp();
        File.Delete(Filler);
        while (await SetAsync(connection, $"{_lane.Prefix}back") is var refused && refused != ErrorCode.None)
        {
            if (Stopwatch.GetElapsedTime(start) > BackWithin)
            {
                long free = new DriveInfo(_root).AvailableFreeSpace;
                Report(
                    $"{refused} {BackWithin.TotalSeconds} s after there was room again ({free:N0} B)\n{server.Log}");
                return;
            }

            await Task.Delay(BetweenTries, _cancel);
        }

        _result.Count("ms until service was back", (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        for (int i = 0; i < FillKeys / 4; i++)
        {
            if (await SetAsync(connection, $"{_lane.Prefix}k{i}") is var error && error != ErrorCode.None)
            {
                Report($"a write after service was back was answered with {error}");
                return;
            }
        }
    }

    private Task<ErrorCode> SetAsync(WireConnection connection, string key) =>
        DoAsync(connection, new SetOperation(key, Payload.Chunk(++_number, ValueBytes)));

    private async Task<ErrorCode> DoAsync(WireConnection connection, Operation operation)
    {
        _lane.Send(operation);
        operation.Correlation = connection.Write(operation.Opcode, operation.Durability, operation.WriteBody);
        await connection.FlushAsync(_cancel);
        Frame answer = await connection.ReadAsync(_cancel);
        if (_lane.Answer(answer) is { } finding)
        {
            _result.Findings.Add(finding);
        }

        return answer.Error;
    }

    private void Report(string text) =>
        _result.Findings.Add(new Finding(FindingKind.Service, _launch.DataDirectory, text));
}
