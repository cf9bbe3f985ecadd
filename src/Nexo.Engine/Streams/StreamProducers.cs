namespace Nexo.Engine.Streams;

/// <summary>
/// What a stream remembers of its idempotent producers: the next sequence of each, and which offsets its last appends got. Bounded: the
/// one that has been silent longest goes. It follows from the appends alone, so that it is the same after a recovery.
/// </summary>
internal sealed class StreamProducers(int producersMax, int runsMax)
{
    private readonly Dictionary<ulong, Producer> _producers = [];

    // The one that was silent longest first.
    private readonly LinkedList<Producer> _bySilence = new();

    public int Count => _producers.Count;

    /// <summary>In the order in which they are to be added again.</summary>
    public IEnumerable<Producer> All => _bySilence;

    /// <summary>Whether an append is the next of its producer.</summary>
    /// <param name="append">Its mark.</param>
    /// <param name="count">Records of it.</param>
    /// <param name="expected">The sequence that would be.</param>
    /// <param name="offset">Of an append that was made before: its first record's, -1 if it is not known any more; else 0.</param>
    /// <returns>Null: it is neither the next nor one that was made before.</returns>
    public StreamOutcome? Judge(StreamProducer append, int count, out ulong expected, out long offset)
    {
        expected = 0;
        offset = 0;
        if (!_producers.TryGetValue(append.Id, out Producer? producer))
        {
            return append.Sequence == 0 ? StreamOutcome.Appended : null;
        }

        expected = producer.Next;
        if (append.Sequence == expected)
        {
            return StreamOutcome.Appended;
        }

        if (append.Sequence > expected || (ulong)count > expected - append.Sequence)
        {
            return null;
        }

        offset = producer.OffsetOf(append.Sequence);
        return StreamOutcome.Duplicate;
    }

    /// <summary>An append was made. One that is known already changes nothing.</summary>
    public void Note(StreamProducer append, long offset, long count)
    {
        if (!_producers.TryGetValue(append.Id, out Producer? producer))
        {
            producer = new Producer(append.Id);
            Add(producer);
        }
        else if (append.Sequence < producer.Next)
        {
            return;
        }
        else
        {
            _bySilence.Remove(producer.Place);
            _bySilence.AddLast(producer.Place);
        }

        producer.Note(append.Sequence, offset, count, runsMax);
    }

    private void Add(Producer producer)
    {
        if (_producers.Count >= producersMax && _bySilence.First is { } oldest)
        {
            _bySilence.RemoveFirst();
            _producers.Remove(oldest.Value.Id);
        }

        _producers.Add(producer.Id, producer);
        _bySilence.AddLast(producer.Place);
    }

    /// <summary>Appends whose sequences and offsets follow each other.</summary>
    internal readonly record struct Run(ulong Sequence, long Offset, long Count);

    internal sealed class Producer
    {
        private readonly List<Run> _runs = [];

        public Producer(ulong id)
        {
            Id = id;
            Place = new LinkedListNode<Producer>(this);
        }

        public ulong Id { get; }

        public LinkedListNode<Producer> Place { get; }

        /// <summary>The sequence of its next append.</summary>
        public ulong Next { get; private set; }

        public IReadOnlyList<Run> Runs => _runs;

        public void Note(ulong sequence, long offset, long count, int runsMax)
        {
            Next = sequence + (ulong)count;
            if (_runs is [.., var last] && last.Sequence + (ulong)last.Count == sequence && last.Offset + last.Count == offset)
            {
                _runs[^1] = last with { Count = last.Count + count };
                return;
            }

            if (_runs.Count >= runsMax)
            {
                _runs.RemoveAt(0);
            }

            _runs.Add(new Run(sequence, offset, count));
        }

        public long OffsetOf(ulong sequence)
        {
            for (int i = _runs.Count - 1; i >= 0; i--)
            {
                if (sequence >= _runs[i].Sequence && sequence - _runs[i].Sequence < (ulong)_runs[i].Count)
                {
                    return _runs[i].Offset + (long)(sequence - _runs[i].Sequence);
                }
            }

            return -1;
        }
    }
}
