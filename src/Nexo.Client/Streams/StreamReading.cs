using System.Runtime.CompilerServices;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Reading what there is, page after page, each asked for while the one before it is given out. A connection that is lost
/// meanwhile is bridged: pages go on by offset.</summary>
internal sealed class StreamReading(NexoStream stream, StreamReadOptions options)
{
    private const uint PageRecords = 65_536;

    private StreamPosition _from =
        (options.From ?? (options.Backward ? StreamFrom.End : StreamFrom.Beginning)).ToWire(options.Backward, options.Clamp);

    private long _left = options.Max ?? long.MaxValue;

    public async IAsyncEnumerable<StreamRecord<T>> RunAsync<T>([EnumeratorCancellation] CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task<ReadRun>? next = _left == 0 ? null : FetchAsync(over.Token);
        try
        {
            while (next is not null)
            {
                ReadRun run = await next.ConfigureAwait(false);
                next = IsLast(run) ? null : FetchAsync(over.Token);
                int at = 0;
                while (RecordWalk.TryTake(run.Records, ref at, out ReadOnlyMemory<byte> record))
                {
                    yield return new StreamRecord<T>(stream.Serializer, record);
                }
            }
        }
        finally
        {
            if (next is not null)
            {
                await over.CancelAsync().ConfigureAwait(false);
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Takes down where the next page goes on; true when there is none.</summary>
    private bool IsLast(in ReadRun run)
    {
        bool stands = run.Count == 0 && _from.Kind == PositionKind.Offset && _from.Value == run.ContinueAt;
        _left -= run.Count;

        // Backward, what goes by retention meanwhile is no more to be read, and that is the end.
        PositionFlags flags = options.Backward ? _from.Flags | PositionFlags.Clamp : _from.Flags;
        _from = new StreamPosition(PositionKind.Offset, run.ContinueAt, flags);
        bool isAtEnd = options.Backward ? run.ContinueAt <= run.Range.First : run.ContinueAt >= run.Range.Next;
        return isAtEnd || stands || _left == 0;
    }

    private Task<ReadRun> FetchAsync(CancellationToken cancel) => Reopening.BridgeAsync(
        static (reading, token) => reading.AskAsync(token), this, stream.Timeout, stream.Client.Time, cancel).AsTask();

    private ValueTask<ReadRun> AskAsync(CancellationToken cancel) => stream.ReadRunAsync(
        _from, (uint)Math.Min(_left, PageRecords), (uint)options.PageBytes, options.Key, TimeSpan.Zero, cancel);
}
