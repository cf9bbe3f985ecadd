namespace Nexo.Server.Observability;

/// <summary>
/// What a collection of metrics reads, each thing once: sixty instruments of queues cost one look at all queues. A collection that
/// does not begin with <see cref="Begin"/> may see figures that are half a second old.
/// </summary>
internal sealed class Readings(TimeProvider time)
{
    private static readonly TimeSpan AgeMax = TimeSpan.FromMilliseconds(500);

    private long _collections;

    /// <summary>Whatever was read before is old.</summary>
    public void Begin() => Interlocked.Increment(ref _collections);

    public Reading<T> Of<T>(Func<T> read) => new(this, read);

    internal long Collections => Interlocked.Read(ref _collections);

    internal long Now => time.GetTimestamp();

    internal bool IsFresh(long collection, long readAt) =>
        collection == Collections && time.GetElapsedTime(readAt) < AgeMax;
}

/// <summary>Something that is read at most once in a collection.</summary>
internal sealed class Reading<T>(Readings all, Func<T> read)
{
    private readonly Lock _gate = new();
    private T _value = default!;
    private long _collection = -1;
    private long _readAt;

    public T Value
    {
        get
        {
            lock (_gate)
            {
                if (!all.IsFresh(_collection, _readAt))
                {
                    (long collection, long now) = (all.Collections, all.Now);
                    _value = read();
                    (_collection, _readAt) = (collection, now);
                }

                return _value;
            }
        }
    }
}
