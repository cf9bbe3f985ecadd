using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>
/// The streams. Every method may be called from any thread and takes short locks, that of the stream; reads go to files outside of it.
/// Names are UTF-8.
/// </summary>
public sealed partial class StreamService : IDisposable
{
    private const int NameBytesLimit = 255;
    private const int RecordBytesLimit = 1 << 25;

    private readonly StreamContext _context;
    private readonly NameTable<StreamLog> _names;

    /// <summary>Taken by who makes or ends a stream, before that of the stream.</summary>
    private readonly Lock _wideGate = new();
    private int _count;
    private uint _lastNumber;
    private int _disposed;

    /// <summary>
    /// Without streams and without a disk: records are in memory, as on a disk. To rebuild an earlier state, and to log, call <see
    /// cref="BeginRecovery"/> first.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is outside of what the engine can do.</exception>
    public StreamService(StreamLimits limits, EngineClock clock)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(clock);
        Check(limits);
        _context = new StreamContext(limits, clock);
        _context.Files = new StreamFiles(
            new StreamDisk(new MemoryDisk(limits.MemoryBytesMax), 1, SilentObserver.Instance), limits.Tuning, hasSnapshots: false);
        _names = new NameTable<StreamLog>(_context.Hasher);
        _context.Names = _names;
        _context.Compactor = new StreamCompactor(_context);
    }

    public int Count => Volatile.Read(ref _count);

    /// <summary>Bytes that wait to be written to streams' own files: who appends should wait when it is many.</summary>
    public long PendingBytes => _context.Files.PendingBytes;

    /// <summary>The disk has no more room for streams: appends are refused as on a full disk.</summary>
    public bool HoldsGrowth
    {
        get => _context.Files.HoldsGrowth;
        set => _context.Files.HoldsGrowth = value;
    }

    /// <summary>What records in memory take.</summary>
    public MemoryUse Memory => new(_context.Files.MemoryBytes + PendingBytes, 0);

    public StreamLimits Limits => _context.Limits;

    /// <summary>Makes a stream, or finds that it is there with the options that are given.</summary>
    public StreamStatus Create(ReadOnlySpan<byte> name, StreamOptionSet options, out StreamDeclared declared)
    {
        StreamStatus status = CheckDefinition(name, options, out declared);
        if (status != StreamStatus.Ok)
        {
            return status;
        }

        lock (_wideGate)
        {
            bool isThere = _names.TryFind(name, out StreamLog? stream);
            status = isThere ? StreamStatus.Ok : Make(name, options, out stream);
            return status == StreamStatus.Ok ? stream!.Compare(options, created: !isThere, out declared) : status;
        }
    }

    public StreamStatus Describe(ReadOnlySpan<byte> name, out StreamDefinition? definition, out StreamRange range)
    {
        definition = null;
        range = default;
        StreamStatus status = Find(name, out StreamLog? stream);
        return status == StreamStatus.Ok ? stream!.Describe(out definition, out range) : status;
    }

    /// <summary>
    /// Streams whose names begin with <paramref name="prefix"/> and come behind <paramref name="after"/>, in the order of their names'
    /// bytes.
    /// </summary>
    public IReadOnlyList<StreamSummary> List(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> after, int limit)
    {
        var found = new List<StreamLog>();
        foreach (StreamLog stream in _names.All)
        {
            if (stream.Name.AsSpan().StartsWith(prefix) && stream.Name.AsSpan().SequenceCompareTo(after) > 0)
            {
                found.Add(stream);
            }
        }

        found.Sort((left, right) => left.Name.AsSpan().SequenceCompareTo(right.Name));
        return [.. found.Take(limit).Select(stream => stream.Summary())];
    }

    /// <summary>Changes the options that are given.</summary>
    /// <param name="revision">The one that it must have; 0: any.</param>
    public StreamStatus Update(
        ReadOnlySpan<byte> name, ulong revision, StreamOptionSet options, out StreamDeclared updated)
    {
        StreamStatus status = CheckDefinition(name, options, out updated);
        if (status == StreamStatus.Ok)
        {
            status = Find(name, out StreamLog? stream);
            status = status == StreamStatus.Ok ? stream!.Update(revision, options, out updated) : status;
        }

        return status;
    }

    /// <summary>Gives up the oldest records.</summary>
    /// <param name="first">Where it begins now.</param>
    public StreamStatus Trim(ReadOnlySpan<byte> name, StreamTrimBy by, ulong value, out long first, out bool waits)
    {
        first = 0;
        waits = false;
        StreamStatus status = Find(name, out StreamLog? stream);
        return status == StreamStatus.Ok ? stream!.Trim(by, value, out first, out waits) : status;
    }

    /// <param name="ifUnused">Not if somebody reads on in it, or it has a group.</param>
    public StreamStatus Delete(ReadOnlySpan<byte> name, bool ifUnused, out long records, out bool waits)
    {
        records = 0;
        waits = _context.Log is not null;
        StreamStatus status;
        StreamLog? stream;
        lock (_wideGate)
        {
            status = Find(name, out stream);
            status = status == StreamStatus.Ok ? stream!.Delete(ifUnused, out records) : status;
            if (status == StreamStatus.Ok)
            {
                _names.Remove(stream!.Name, stream);
                Interlocked.Decrement(ref _count);
            }
        }

        if (status == StreamStatus.Ok)
        {
            stream!.Groups?.End();
        }

        return status;
    }

    public StreamStatus Stats(ReadOnlySpan<byte> name, out StreamStats? stats)
    {
        stats = null;
        StreamStatus status = Find(name, out StreamLog? stream);
        return status == StreamStatus.Ok ? stream!.Stats(out stats) : status;
    }

    /// <summary>Frees all memory, and closes the files as they are.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _context.Compactor.Dispose();
        _context.Files.Dispose();
        foreach (StreamLog stream in _names.All)
        {
            stream.Groups?.Dispose();
            stream.Dispose();
        }

        _names.Clear();
    }

    private StreamStatus Find(ReadOnlySpan<byte> name, out StreamLog? stream)
    {
        if (_names.TryFind(name, out stream))
        {
            return StreamStatus.Ok;
        }

        return EngineNames.IsName(name, Limits.NameBytesMax) ? StreamStatus.NotFound : StreamStatus.NameInvalid;
    }

    // Under the wide gate.
    private StreamStatus Make(ReadOnlySpan<byte> name, StreamOptionSet given, out StreamLog? stream)
    {
        stream = null;
        if (Volatile.Read(ref _disposed) != 0)
        {
            return StreamStatus.NotFound;
        }

        if (_count >= Limits.StreamsMax)
        {
            return StreamStatus.TooManyStreams;
        }

        StreamStatus status = StreamLog.AdmitDefinition(_context, name);
        if (status == StreamStatus.Ok)
        {
            StreamOptions options = StreamOptionTable.Overlay(
                new StreamOptions { Durability = Limits.DurabilityDefault, RecordBytesMax = Limits.RecordBytesMax }, given);
            stream = new StreamLog(_context, name.ToArray(), ++_lastNumber, _context.Files.TakePlace(), options);
            stream.LogDefinition();
            _names.Add(stream.Name, stream);
            Interlocked.Increment(ref _count);
        }

        return status;
    }

    private StreamStatus CheckDefinition(ReadOnlySpan<byte> name, StreamOptionSet options, out StreamDeclared refused)
    {
        ArgumentNullException.ThrowIfNull(options);
        refused = default;
        if (!EngineNames.IsName(name, Limits.NameBytesMax))
        {
            return StreamStatus.NameInvalid;
        }

        StreamOption outOfRange = StreamOptionTable.OutOfRange(options, Limits, out string message);
        if (outOfRange != StreamOption.None)
        {
            refused = new StreamDeclared(false, null, outOfRange, message, Waits: false);
            return StreamStatus.OptionOutOfRange;
        }

        return StreamStatus.Ok;
    }

    private static void Check(StreamLimits limits)
    {
        InRange(limits.NameBytesMax, 1, NameBytesLimit, nameof(limits.NameBytesMax));
        InRange(limits.StreamsMax, 1, int.MaxValue - 1, nameof(limits.StreamsMax));
        InRange(limits.RecordBytesMax, 1, RecordBytesLimit, nameof(limits.RecordBytesMax));
        InRange(limits.KeyBytesMax, 0, limits.RecordBytesMax, nameof(limits.KeyBytesMax));
        InRange(limits.HeaderBytesMax, 0, ushort.MaxValue, nameof(limits.HeaderBytesMax));
        InRange(limits.BatchRecordsMax, 1, 1 << 20, nameof(limits.BatchRecordsMax));
        InRange(limits.ProducersMax, 1, 1 << 20, nameof(limits.ProducersMax));
        InRange(limits.ProducerRunsMax, 1, byte.MaxValue, nameof(limits.ProducerRunsMax));
        InRange(limits.KeysMax, 1, 1 << 28, nameof(limits.KeysMax));
        InRange(limits.CompactionDirtyPercent, 1, 100, nameof(limits.CompactionDirtyPercent));
        InRange(limits.CompactionBytesPerSecondMax, 1_024, 1L << 40, nameof(limits.CompactionBytesPerSecondMax));
    }

    private static void InRange(long value, long min, long max, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, min, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, max, name);
    }

    private sealed class SilentObserver : IStorageObserver
    {
        public static readonly SilentObserver Instance = new();

        public void Notice(StorageLevel level, string message)
        {
            // Memory has nothing to tell.
        }

        public void Progress(long bytesDone, long bytesTotal, long records)
        {
            // Nor this.
        }
    }
}
