using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>
/// A stream. Under its lock a change is decided, logged and applied; readers take it for a moment to learn what there is, then read
/// without. Its segmented log is opened when it is first needed and closed when nobody has used it for a while, so that one that is
/// idle is this object alone.
/// </summary>
internal sealed partial class StreamLog : IDurableReader
{
    private readonly StreamContext _context;
    private readonly Lock _gate = new();

    // Of the gate.
    private SegmentedLog? _log;

    /// <summary>Counts openings: a cursor into an earlier one leads nowhere.</summary>
    private int _opening;
    private SegmentedLogCheckpoint _checkpoint;
    private long _first;
    private long _next;
    private int _users;
    private bool _isUsed;
    private long _usedAtMs;
    private bool _isBroken;
    private long _closedBytes;

    public StreamLog(StreamContext context, byte[] name, uint number, uint place, StreamOptions options)
    {
        _context = context;
        Name = name;
        Number = number;
        Place = place;
        Options = options;
        _usedAtMs = context.Clock.NowMs;
    }

    /// <summary>UTF-8.</summary>
    public byte[] Name { get; }

    /// <summary>Its number in records; given out once and never again.</summary>
    public uint Number { get; }

    /// <summary>Names the directory of its files; given out again when those of an earlier stream are gone.</summary>
    public uint Place { get; }

    public string Directory => StreamFiles.DirectoryOf(Place);

    /// <summary>May be read without the lock.</summary>
    public StreamOptions Options { get; private set; }

    public ulong Revision { get; private set; } = 1;

    /// <summary>Deleted.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether its files are open, or memory holds records.</summary>
    public bool IsOpen => Volatile.Read(ref _log) is not null;

    /// <summary>Its files have failed for good: nothing is appended until the server starts anew. Under the lock.</summary>
    private bool HasFailed => _log is { Failure: not null };

    private StreamLimits Limits => _context.Limits;

    /// <summary>Where records are logged; null: they are not.</summary>
    private IDurableLog? Log => Options.Durability == StreamDurability.Memory ? null : _context.Log;

    /// <summary>Whether answers wait for the disk, and readers with them.</summary>
    private bool Waits => Options.Durability == StreamDurability.Fsync && _context.Log is not null;

    /// <summary>How a user begins: under the gate. The files stay open until <see cref="EndUse"/>.</summary>
    private StreamStatus BeginUse(out SegmentedLog? log)
    {
        log = null;
        if (IsClosed)
        {
            return StreamStatus.NotFound;
        }

        if (!TryOpen())
        {
            return StreamStatus.Unreadable;
        }

        log = _log;
        _users++;
        AdvanceVisible();
        return StreamStatus.Ok;
    }

    private void EndUse()
    {
        lock (_gate)
        {
            _users--;
            _isUsed = true;
        }
    }

    // Under the gate: a look at names and two headers, once in a while.
    private bool TryOpen()
    {
        if (_log is not null)
        {
            return true;
        }

        try
        {
            Open();
            return true;
        }
        catch (IOException failure)
        {
            Tell("opened", failure);
            return false;
        }
    }

    private SegmentedLog Open()
    {
        if (_log is { } log)
        {
            return log;
        }

        if (Options.Durability == StreamDurability.Memory && _opening == 0)
        {
            // What an earlier life has left there, and what that had let go of, is not this one's.
            _context.Files.DeleteFiles(Place);
        }

        log = _context.Files.Open(this, _checkpoint, SegmentOptions());
        _first = Math.Max(_first, log.FirstOffset);
        _opening++;
        _usedAtMs = _context.Clock.NowMs;
        Volatile.Write(ref _log, log);
        NoteCompaction(StreamCompactionNote.Read(log.Note.Span), Options);
        _context.Files.Opened(this);
        return log;
    }

    private SegmentedLogOptions SegmentOptions()
    {
        StreamTuning tuning = Limits.Tuning;
        long bytes = Options.Bytes == 0 ? tuning.SegmentBytesMax : Options.Bytes / tuning.SegmentsWanted;
        return new SegmentedLogOptions
        {
            SegmentBytes = Math.Clamp(bytes, tuning.SegmentBytesMin, tuning.SegmentBytesMax),
            SegmentAgeMs = Options.AgeMs == 0 ? long.MaxValue : Math.Max(1, Options.AgeMs / tuning.SegmentsWanted),
        };
    }

    // One notice for a stream: whoever meets the damage again is told by his answer.
    private void Tell(string what, Exception failure)
    {
        if (!_isBroken)
        {
            _isBroken = true;
            _context.Files.Tell(StorageLevel.Error, Directory, what, failure);
        }
    }
}
