namespace Nexo.Engine.Streams;

/// <content>Idempotent producers.</content>
internal sealed partial class StreamLog
{
    // Null until there is one.
    private StreamProducers? _producers;

    private StreamStatus DecideProducer(StreamProducer? append, int count, out StreamAppended answer)
    {
        answer = default;
        if (append is not { } given)
        {
            return StreamStatus.Ok;
        }

        _producers ??= NewProducers();
        switch (_producers.Judge(given, count, out ulong expected, out long offset))
        {
            case null:
                answer = new StreamAppended(StreamOutcome.None, 0, 0, 0, expected, Waits: false);
                return StreamStatus.SequenceGap;
            case StreamOutcome.Duplicate:
                _duplicates++;
                Interlocked.Increment(ref _context.Totals.Duplicates);

                // The first answer may never have come, since its commit is not done yet; what was appended by several may end anywhere.
                bool waits = Waits && _visible < _next;
                answer = new StreamAppended(StreamOutcome.Duplicate, offset, 0, 0, expected, waits);
                return StreamStatus.Ok;
            default:
                return StreamStatus.Ok;
        }
    }

    private void NoteProducer(StreamProducer append, long offset, int count) =>
        (_producers ??= NewProducers()).Note(append, offset, count);

    private StreamProducers NewProducers() => new(Limits.ProducersMax, Limits.ProducerRunsMax);
}
