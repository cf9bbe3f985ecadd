using System.Buffers;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>Versions of keys: known once somebody has expected one, from what is on disk and what is appended since.</content>
internal sealed partial class StreamLog
{
    /// <summary>So much is read at once, by who asks first; more is read by another thread, and who asks is told to come again.</summary>
    private const long LoadAtOnceBytes = 1_024 * 1_024;

    private StreamKeyIndex? _keys;
    private bool _isLoadingKeys;
    private bool _hasTooManyKeys;

    /// <summary>Where the stream began when there were too many.</summary>
    private long _tooManyKeysFrom;

    private StreamStatus VersionOf(ReadOnlySpan<byte> key, out long version)
    {
        version = 0;
        if (_keys is null)
        {
            StreamStatus status = LoadKeys();
            if (status != StreamStatus.Ok)
            {
                return status;
            }
        }

        version = _keys!.VersionOf(key);

        // Of a record that is gone there is no version, whether the index has seen it go or not.
        version = version > _first ? version : 0;
        return StreamStatus.Ok;
    }

    private long VersionAfter(bool hasSingleKey, in StreamAppendTerms terms, ReadOnlySpan<byte> key, long offset) =>
        hasSingleKey && terms.ExpectedKey.IsEmpty ? offset + 1
        : terms.ExpectedKeyVersion is not null && VersionOf(key, out long version) == StreamStatus.Ok ? version
        : 0;

    private void NoteKeys(ReadOnlySpan<byte> records)
    {
        if (_keys is not { } keys)
        {
            return;
        }

        while (StreamRecordForm.TryTake(ref records, out StreamRecordView record))
        {
            if (record.HasKey)
            {
                keys.Note(record.Key, record.Offset);
            }
        }

        BoundKeys(keys);
    }

    private void BoundKeys(StreamKeyIndex keys)
    {
        if (keys.Count <= Limits.KeysMax)
        {
            return;
        }

        ForgetSome(keys);
        if (keys.Count > Limits.KeysMax)
        {
            keys.Dispose();
            _keys = null;
            NoteTooManyKeys();
        }
    }

    private void NoteTooManyKeys() => (_hasTooManyKeys, _tooManyKeysFrom) = (true, _first);

    private StreamStatus LoadKeys()
    {
        // Reading all of it again is worth while only when many may have gone.
        if (_hasTooManyKeys && _first - _tooManyKeysFrom < Limits.KeysMax)
        {
            return StreamStatus.TooManyKeys;
        }

        _hasTooManyKeys = false;
        if (_isLoadingKeys || _isReplacing)
        {
            return StreamStatus.KeysLoading;
        }

        if (!TryOpen())
        {
            return StreamStatus.Unreadable;
        }

        if (_log!.Bytes > LoadAtOnceBytes && _next > _first)
        {
            _isLoadingKeys = true;
            _context.Files.Schedule(LoadKeysBeside);
            return StreamStatus.KeysLoading;
        }

        return EndLoad(new StreamKeyIndex(_context.Hasher, _context.OtherHasher), _first);
    }

    private void LoadKeysBeside()
    {
        var keys = new StreamKeyIndex(_context.Hasher, _context.OtherHasher);
        long offset = 0;
        bool more = true;
        while (more)
        {
            SegmentedLog? log;
            long next;
            lock (_gate)
            {
                if (BeginUse(out log) != StreamStatus.Ok)
                {
                    _isLoadingKeys = false;
                    keys.Dispose();
                    return;
                }

                offset = Math.Max(offset, _first);
                next = _next;
            }

            try
            {
                more = TryReadKeys(log!, keys, ref offset, next)
                    && keys.Count <= Limits.KeysMax
                    && log!.NextOffset - offset > RecordsAtOnce(log, next);
            }
            finally
            {
                EndUse();
            }
        }

        lock (_gate)
        {
            // What is left is little: nothing can be appended meanwhile.
            EndLoad(keys, Math.Max(offset, _first));
            _isLoadingKeys = false;
        }
    }

    // How many records about may be read under the gate.
    private static long RecordsAtOnce(SegmentedLog log, long next) =>
        LoadAtOnceBytes / Math.Max(RecordBytesMin, log.Bytes / Math.Max(1, next - log.FirstOffset));

    // Under the gate: the rest.
    private StreamStatus EndLoad(StreamKeyIndex keys, long offset)
    {
        StreamStatus status = IsClosed ? StreamStatus.NotFound
            : !TryOpen() || !TryReadKeys(_log!, keys, ref offset, _next) ? StreamStatus.Unreadable
            : StreamStatus.Ok;
        if (status == StreamStatus.Ok)
        {
            ForgetSome(keys);
            if (keys.Count > Limits.KeysMax)
            {
                NoteTooManyKeys();
                status = StreamStatus.TooManyKeys;
            }
            else if (offset < _next)
            {
                // There were too many, and then were not: the rest of the stream has not been seen.
                status = StreamStatus.KeysLoading;
            }
        }

        if (status == StreamStatus.Ok)
        {
            _keys = keys;
        }
        else
        {
            keys.Dispose();
        }

        return status;
    }

    private void ForgetSome(StreamKeyIndex keys)
    {
        if (keys.Count > Limits.KeysMax)
        {
            keys.ForgetBefore(_first);
        }
    }

    private bool TryReadKeys(SegmentedLog log, StreamKeyIndex keys, ref long offset, long end)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Limits.Tuning.ReadBytes);
        var cursor = new SegmentCursor(offset);
        try
        {
            while (cursor.Offset < end && keys.Count <= Limits.KeysMax)
            {
                SegmentRead read = log.Read(ref cursor, buffer, long.MaxValue);
                if (read.Status == SegmentReadStatus.BufferTooSmall)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = ArrayPool<byte>.Shared.Rent(read.Bytes);
                    continue;
                }

                if (read.Status != SegmentReadStatus.Ok)
                {
                    break;
                }

                NoteKeys(keys, buffer.AsSpan(0, read.Bytes));
                offset = cursor.Offset;
            }

            return true;
        }
        catch (ObjectDisposedException)
        {
            // Deleted meanwhile.
            return false;
        }
        catch (IOException failure)
        {
            Tell("read", failure);
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void NoteKeys(StreamKeyIndex keys, ReadOnlySpan<byte> batches)
    {
        while (BatchHeader.TryDecode(batches, out BatchHeader batch))
        {
            ReadOnlySpan<byte> records = batches[BatchHeader.Size..batch.Bytes];
            while (batch.Records > 0 && StreamRecordForm.TryTake(ref records, out StreamRecordView record))
            {
                if (record.HasKey)
                {
                    keys.Note(record.Key, record.Offset);
                }
            }

            batches = batches[batch.Bytes..];
        }
    }
}
