using System.Diagnostics;

namespace Nexo.Server.Connections;

// How long its batches of requests take.
internal abstract partial class ClientConnection
{
    private long _batchFrom;

    private void BeginBatch() => _batchFrom = Stopwatch.GetTimestamp();

    private void EndBatch()
    {
        long took = Stopwatch.GetTimestamp() - _batchFrom;
        All.BatchTimes.Add(Protocol, took / (Stopwatch.Frequency / 1_000_000));
    }

    // What a batch waits for that is not its own work: a login, a peer that does not read, the disk.
    private async Task OutOfBatchAsync(Task wait)
    {
        long from = Stopwatch.GetTimestamp();
        await wait;
        _batchFrom += Stopwatch.GetTimestamp() - from;
    }
}
