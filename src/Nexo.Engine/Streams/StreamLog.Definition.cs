using System.Text;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>Its definition, and its end.</content>
internal sealed partial class StreamLog
{
    /// <summary>Whether the options that are given are those that it has.</summary>
    public StreamStatus Compare(StreamOptionSet given, bool created, out StreamDeclared declared)
    {
        lock (_gate)
        {
            declared = default;
            if (IsClosed)
            {
                return StreamStatus.NotFound;
            }

            StreamOption difference = StreamOptionTable.Difference(Options, given, out string message);
            declared = new StreamDeclared(created, Define(), difference, message, Waits: _context.Log is not null);
            return difference == StreamOption.None ? StreamStatus.Ok : StreamStatus.Conflict;
        }
    }

    public StreamStatus Describe(out StreamDefinition? definition, out StreamRange range)
    {
        lock (_gate)
        {
            AdvanceVisible();
            definition = IsClosed ? null : Define();
            range = new StreamRange(_first, _visible);
            return IsClosed ? StreamStatus.NotFound : StreamStatus.Ok;
        }
    }

    public StreamStatus Update(ulong revision, StreamOptionSet given, out StreamDeclared updated)
    {
        List<StreamFollower>? readable = null;
        StreamStatus status = Update(revision, given, ref readable, out updated);
        StreamFollower.Wake(readable);
        return status;
    }

    private StreamStatus Update(
        ulong revision, StreamOptionSet given, ref List<StreamFollower>? readable, out StreamDeclared updated)
    {
        lock (_gate)
        {
            updated = default;
            if (IsClosed)
            {
                return StreamStatus.NotFound;
            }

            if (revision != 0 && revision != Revision)
            {
                string message = $"the revision is {Revision}; expected was {revision}";
                updated = new StreamDeclared(false, Define(), StreamOption.None, message, Waits: false);
                return StreamStatus.Conflict;
            }

            StreamOptions options = StreamOptionTable.Overlay(Options, given);
            if ((options.Durability == StreamDurability.Memory) != (Options.Durability == StreamDurability.Memory))
            {
                const string Message = "durability cannot be changed to or from memory: make another stream";
                updated = new StreamDeclared(false, Define(), StreamOption.Durability, Message, Waits: false);
                return StreamStatus.OptionOutOfRange;
            }

            StreamStatus status = AdmitDefinition(_context, Name);
            if (status != StreamStatus.Ok)
            {
                return status;
            }

            if (options != Options)
            {
                AdvanceVisible();
                Options = options;
                Revision++;
                LogDefinition();
                AdvanceVisible();
                TakeReadable(ref readable);
                _log?.Change(SegmentOptions());
                if (_log is null)
                {
                    NoteAging();
                }
            }

            updated = new StreamDeclared(false, Define(), StreamOption.None, string.Empty, Waits: _context.Log is not null);
            return StreamStatus.Ok;
        }
    }

    /// <summary>Whether the log takes a definition.</summary>
    public static StreamStatus AdmitDefinition(StreamContext context, ReadOnlySpan<byte> name) =>
        (context.Log?.RoomFor(StreamDefinedRecord.Bytes(name)) ?? LogRoom.Ok) switch
        {
            LogRoom.Ok => StreamStatus.Ok,
            LogRoom.Full => StreamStatus.DiskFull,
            _ => StreamStatus.LogFailed,
        };

    public void LogDefinition()
    {
        if (_context.Log is { } log)
        {
            using LogAppend append = log.Begin((byte)StreamRecordKind.StreamDefined, StreamDefinedRecord.Bytes(Name));
            StreamDefinedRecord.Write(append.Payload, Number, Place, Revision, Name, Options);
        }
    }

    public StreamSummary Summary()
    {
        lock (_gate)
        {
            AdvanceVisible();
            return new StreamSummary(Encoding.UTF8.GetString(Name), new StreamRange(_first, _visible), BytesNow());
        }
    }

    public StreamStatus Stats(out StreamStats stats)
    {
        lock (_gate)
        {
            AdvanceVisible();
            long nowMs = _context.Clock.NowMs;
            long read = Volatile.Read(ref _read);
            _rates.Count(nowMs, _appended, read);
            (double appendedPerSecond, double readPerSecond) = _rates.Read(nowMs, _appended, read);
            stats = new StreamStats
            {
                AppendedPerSecond = appendedPerSecond,
                ReadPerSecond = readPerSecond,
                Streams = 1,
                Records = _visible - _first,
                Bytes = BytesNow(),
                Segments = _log?.Segments ?? 0,
                PendingBytes = _log?.PendingBytes ?? 0,
                Failed = HasFailed ? 1 : 0,
                Readers = Volatile.Read(ref _readers),
                Groups = Groups?.Count ?? 0,
                Producers = _producers?.Count ?? 0,
                Keys = _keys?.Count ?? 0,
                Appended = _appended,
                AppendedBytes = _appendedBytes,
                Read = Volatile.Read(ref _read),
                ReadBytes = Volatile.Read(ref _readBytes),
                Duplicates = _duplicates,
                Conflicts = _conflicts,
                Trimmed = _trimmed,
                SavedBytes = SavedNow(),
                Compacted = _compacted,
                CompactedAtMs = _compactedAtMs,
            };
            return IsClosed ? StreamStatus.NotFound : StreamStatus.Ok;
        }
    }

    /// <summary>Ends it; who waits is told. Nothing is in its files any more for anybody.</summary>
    public StreamStatus Delete(bool ifUnused, out long records)
    {
        List<StreamFollower>? readable = null;
        lock (_gate)
        {
            AdvanceVisible();
            records = _visible - _first;
            if (IsClosed)
            {
                return StreamStatus.NotFound;
            }

            if (ifUnused && (Volatile.Read(ref _readers) > 0 || Groups is { Count: > 0 }))
            {
                return StreamStatus.InUse;
            }

            LogRoom room = _context.Log?.RoomForRemoval(sizeof(uint)) ?? LogRoom.Ok;
            if (room != LogRoom.Ok)
            {
                return room == LogRoom.Full ? StreamStatus.DiskFull : StreamStatus.LogFailed;
            }

            if (_context.Log is { } log)
            {
                using LogAppend append = log.Begin((byte)StreamRecordKind.StreamDeleted, sizeof(uint));
                new RecordWriter(append.Payload).U32(Number);
            }

            End();
            TakeReadable(ref readable);
        }

        StreamFollower.Wake(readable);
        return StreamStatus.Ok;
    }

    /// <summary>The log says that it is gone.</summary>
    public void ApplyDeleted()
    {
        lock (_gate)
        {
            End();
        }
    }

    /// <summary>Lets go of memory and files; what was not written is forgotten.</summary>
    public void Dispose()
    {
        SegmentedLog? log;
        lock (_gate)
        {
            IsClosed = true;
            log = _log;
            CloseFiles();
        }

        log?.Dispose();
    }

    // Under the gate. The files go when nobody writes them: not on this thread.
    private void End()
    {
        IsClosed = true;
        SegmentedLog? log = _log;
        CloseFiles();
        _producers = null;
        uint place = Place;
        StreamFiles files = _context.Files;
        files.Schedule(() =>
        {
            log?.Dispose();
            files.End(place);
        });
    }

    // Of a closed one what was there when it was closed.
    private long BytesNow() => _log is { } log ? _closedBytes = log.Bytes : _closedBytes;

    private long SavedNow() => _log is { } log ? _savedBytes = log.SavedBytes : _savedBytes;

    private StreamDefinition Define() => new(Encoding.UTF8.GetString(Name), Revision, Options);
}
