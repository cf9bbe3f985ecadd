using System.Diagnostics;
using System.Net.Sockets;
using Nexo.Client;
using Nexo.Siege.Server;

namespace Nexo.Siege.Fuzz;

/// <summary>
/// Hostile bytes on every port before login: mutated openings, cut into fragments, on many connections at once, which end in every way
/// there is. Each is drawn from the seed and its number. Broken is: a defect in the log, an end of the server, somebody else who is not
/// served, memory or descriptors that stay.
/// </summary>
internal static class FuzzScenario
{
    private const int Places = 16;
    private const long MemoryMax = 150L * 1_024 * 1_024;
    private const int DescriptorsSpare = 25;
    private static readonly TimeSpan CleanWithin = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan ReadFor = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan SayEvery = TimeSpan.FromMinutes(1);

    public static async Task<SiegeResult> RunAsync(SiegeOptions options, CancellationToken cancel)
    {
        var result = new SiegeResult($"fuzz, seed {options.Seed}");
        await using Besieged server = await Besieged.StartAsync(
            options, ["connections.hello-timeout=2s", "security.failure-burst=1000"], [], cancel);
        await using Witness witness = await Witness.BeginAsync(server, cancel);
        await using var watch = new ProcessWatch(server.Process.Id);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        stop.CancelAfter(options.Duration);
        long number = -1;
        long bytes = 0;
        long said = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Places).Select(_ => Task.Run(RepeatAsync)));

        WitnessReport report = witness.Take();
        long until = Stopwatch.GetTimestamp();
        while (ProcessWatch.DescriptorsOf(server.Process.Id) > watch.DescriptorsAtStart + DescriptorsSpare
            && Stopwatch.GetElapsedTime(until) < CleanWithin)
        {
            await Task.Delay(200, cancel);
        }

        int descriptors = ProcessWatch.DescriptorsOf(server.Process.Id);
        await using NexoClient after = await server.ConnectAsync(cancel);
        await after.PingAsync(cancel);
        result.Add("connections", $"{number + 1:N0}");
        result.Add("MB sent", $"{bytes >> 20:N0}");
        result.Add("resident MB, before → most → after",
            $"{watch.ResidentAtStart >> 20} → {watch.ResidentMax >> 20} → {ProcessWatch.ResidentOf(server.Process.Id) >> 20}");
        result.Add("descriptors, before → most → after", $"{watch.DescriptorsAtStart} → {watch.DescriptorsMax} → {descriptors}");
        result.Add("another's commands", $"{report.Commands:N0}");
        result.Add("p99 ms", $"{report.P99Ms:N2}");
        result.Require(number > 0, "nothing was sent");
        result.Require(report.Commands > 0 && report.Failures == 0, $"somebody else was not served: {report.FirstFailure}");
        result.Require(watch.ResidentMax - watch.ResidentAtStart < MemoryMax, "memory grew");
        result.Require(descriptors <= watch.DescriptorsAtStart + DescriptorsSpare, $"{descriptors} descriptors stayed");
        result.Require(server.Alarms.Count == 0, $"the log tells of a defect:\n{string.Join('\n', server.Alarms.Take(20))}");
        return result;

        async Task RepeatAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                long mine = Interlocked.Increment(ref number);
                Interlocked.Add(ref bytes, await OneAsync(server, options.Seed, mine, stop.Token));
                if (server.Process.HasExited)
                {
                    throw new InvalidOperationException(
                        $"the server ended at about connection {mine} of seed {options.Seed}:\n{server.Process.Log}");
                }

                long last = Interlocked.Read(ref said);
                if (Stopwatch.GetElapsedTime(last) > SayEvery
                    && Interlocked.CompareExchange(ref said, Stopwatch.GetTimestamp(), last) == last)
                {
                    options.Say($"fuzz: {mine:N0} connections, resident {ProcessWatch.ResidentOf(server.Process.Id) >> 20} MB");
                }
            }
        }
    }

    /// <summary>One connection; how many bytes it has sent.</summary>
    private static async Task<int> OneAsync(Besieged server, int seed, long number, CancellationToken stop)
    {
        var random = new Random(HashCode.Combine(seed, number));
        int port = random.Next(Corpus.ByPort.Count);

        // Now and then what is meant for another port.
        IReadOnlyList<byte[]> openings = Corpus.ByPort[random.Next(10) == 0 ? random.Next(Corpus.ByPort.Count) : port];
        byte[] bytes = Mutator.Draw(openings, random);
        int sent = 0;
        try
        {
            using Socket socket = await Besieged.OpenAsync(server.Ports[port], (int)(number % 60_000), stop);
            while (sent < bytes.Length)
            {
                int count = random.Next(4) == 0 ? bytes.Length - sent : Math.Min(1 + random.Next(64), bytes.Length - sent);
                sent += await socket.SendAsync(bytes.AsMemory(sent, count), stop);
                if (random.Next(8) == 0)
                {
                    await Task.Delay(1, stop);
                }
            }

            switch (random.Next(4))
            {
                case 0:
                    Besieged.Cut(socket);
                    break;
                case 1:
                    socket.Shutdown(SocketShutdown.Send);
                    await ReadAsync(socket, TimeSpan.FromSeconds(5), stop);
                    break;
                case 2:
                    await ReadAsync(socket, ReadFor, stop);
                    Besieged.Cut(socket);
                    break;
                default:
                    break;
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The server has had enough of it, or the run is over.
        }

        return sent;
    }

    private static async Task ReadAsync(Socket socket, TimeSpan time, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(time);
        byte[] answer = new byte[16 * 1_024];
        while (await socket.ReceiveAsync(answer, limit.Token) > 0)
        {
        }
    }
}
