using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Nexo.Bench.Compare;

/// <summary>A server that speaks Redis' protocol, driven by redis-benchmark.</summary>
internal sealed partial class RespContender(
    string name, Func<int, string, IReadOnlyList<string>> commandLine, string? readyText = null) : StoreContender(name)
{
    private const int CalibrationRequests = 6_000;
    private const double MicrosecondsPerMillisecond = 1_000;
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    public override string? ReadyText => readyText;

    public override IReadOnlyList<string> CommandLine(int port, string folder) => commandLine(port, folder);

    public override string Url(int port) => $"redis://127.0.0.1:{port}";

    /// <summary>redis-benchmark can only write random keys: this leaves none out.</summary>
    public override async Task LoadAsync(int port, int keys, int valueBytes, CancellationToken cancel)
    {
        const int KeysPerBatch = 1_000;
        byte[] expected = Encoding.ASCII.GetBytes("+OK\r\n");
        string value = new('x', valueBytes);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, cancel);
        NetworkStream stream = client.GetStream();
        byte[] answers = new byte[KeysPerBatch * expected.Length];
        for (int first = 0; first < keys; first += KeysPerBatch)
        {
            var batch = new StringBuilder();
            int count = Math.Min(KeysPerBatch, keys - first);
            for (int key = first; key < first + count; key++)
            {
                batch.Append(
                    CultureInfo.InvariantCulture,
                    $"*3\r\n$3\r\nSET\r\n$16\r\nkey:{key:D12}\r\n${valueBytes}\r\n{value}\r\n");
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes(batch.ToString()), cancel);
            await stream.ReadExactlyAsync(answers.AsMemory(0, count * expected.Length), cancel);
            if (!answers.AsSpan(0, expected.Length).SequenceEqual(expected))
            {
                throw new CompareFailure($"{Name} did not take the keys.");
            }
        }
    }

    public override async Task<LoadFigures> PutLoadAsync(int port, Work work, double seconds, CancellationToken cancel)
    {
        // redis-benchmark counts requests, not seconds: a short run first tells how many are needed.
        LoadFigures sample = await BenchAsync(port, work, (long)CalibrationRequests * work.Depth, cancel);
        return await BenchAsync(port, work, (long)(sample.OperationsPerSecond * seconds), cancel) with
        {
            Operations = sample.Operations + (long)(sample.OperationsPerSecond * seconds),
        };
    }

    private async Task<LoadFigures> BenchAsync(int port, Work work, long requests, CancellationToken cancel)
    {
        string output = await Tool.RunAsync(
            "redis-benchmark",
            [
                "-p", $"{port}", "-t", work.Operation, "-c", $"{work.Clients}", "-P", $"{work.Depth}",
                "-d", $"{work.ValueBytes}", "-r", $"{work.Keys}", "-n", $"{requests}",
            ],
            Slack,
            cancel);
        if (output.Contains("Error from server", StringComparison.Ordinal))
        {
            throw new CompareFailure($"{Name} refused {work.Operation}: {output[output.IndexOf("Error", StringComparison.Ordinal)..]}");
        }

        // Ranges are read from a list that a first part of the run fills.
        output = output[output.LastIndexOf("======\n", StringComparison.Ordinal)..];
        return new LoadFigures(
            Number(Throughput().Match(output), 1),
            requests,
            Number(Summary().Match(output), 1) * MicrosecondsPerMillisecond,
            Number(Summary().Match(output), 2) * MicrosecondsPerMillisecond,
            PercentileMicroseconds(output, 99.9));
    }

    // The listing halves the distance to 100 at each step: the first line at or past a percentile is its bound.
    private static double PercentileMicroseconds(string output, double percentile) => PercentileLine()
        .Matches(output)
        .Where(line => double.Parse(line.Groups[1].ValueSpan, CultureInfo.InvariantCulture) >= percentile)
        .Select(line => double.Parse(line.Groups[2].ValueSpan, CultureInfo.InvariantCulture) * MicrosecondsPerMillisecond)
        .DefaultIfEmpty(double.NaN)
        .First();

    private static double Number(Match match, int group) => match.Success
        ? double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture)
        : throw new CompareFailure("redis-benchmark printed no summary.");

    [GeneratedRegex(@"throughput summary: ([\d.]+) requests per second")]
    private static partial Regex Throughput();

    // avg min p50 p95 p99 max
    [GeneratedRegex(@"max\s+[\d.]+\s+[\d.]+\s+([\d.]+)\s+[\d.]+\s+([\d.]+)\s+[\d.]+\s*$")]
    private static partial Regex Summary();

    [GeneratedRegex(@"^([\d.]+)% <= ([\d.]+) milliseconds \(cumulative", RegexOptions.Multiline)]
    private static partial Regex PercentileLine();
}
