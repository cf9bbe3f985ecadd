using System.Diagnostics;

namespace Nexo.Storage;

/// <content>Into memory, and from there into files.</content>
public sealed partial class SegmentedLog
{
    private const int BufferBytesMin = 4 * 1024;
    private const int BufferBytesMax = 1024 * 1024;

    /// <summary>
    /// Adds a batch behind the others: a copy into memory. It always succeeds; the owner looks at
    /// <see cref="PendingBytes"/>, and calls <see cref="Flush"/> outside of its locks.
    /// </summary>
    /// <param name="batch">
    /// What the batch is; its base is <see cref="NextOffset"/>, and its length is not looked at.
    /// </param>
    /// <param name="payload">
    /// Up to <see cref="BatchHeader.BatchBytesMax"/> with the header; in the owner's form.
    /// </param>
    public void Append(in BatchHeader batch, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, BatchHeader.BatchBytesMax - BatchHeader.Size);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch.Offsets, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch.Records, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(batch.Records, batch.Offsets);
        ArgumentOutOfRangeException.ThrowIfNotEqual(batch.Flags & BatchHeader.PaddingFlag, 0);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ArgumentOutOfRangeException.ThrowIfNotEqual(batch.BaseOffset, _nextOffset);
            int bytes = BatchHeader.Size + payload.Length;
            PendingBuffer buffer = BufferFor(bytes);
            Span<byte> place = buffer.Add(bytes);
            payload.CopyTo(place[BatchHeader.Size..]);
            batch.Seal(place);
            _nextOffset = checked(_nextOffset + batch.Offsets);
            buffer.EndOffset = _nextOffset;
            _pendingBytes += bytes;
            if (batch.Records > 0)
            {
                _maxTimestamp = Math.Max(_maxTimestamp, batch.MaxTimestamp);
            }
        }
    }

    /// <summary>Writes what is pending into files, without a sync.</summary>
    /// <exception cref="DiskException">
    /// It could not be written, and is still there in memory. If the disk is full, it may be tried again; else
    /// <see cref="Failure"/> is set.
    /// </exception>
    public void Flush()
    {
        lock (_writing)
        {
            WritePending();
        }
    }

    /// <summary>
    /// Ends the segment that is written to, so that it can be dropped when its records are old although no others come.
    /// Nothing if it is empty.
    /// </summary>
    public void Roll()
    {
        lock (_writing)
        {
            WritePending();
            if (Active is { } active)
            {
                Seal(active);
            }
        }
    }

    // The segment that is written to; null: the next batch begins one. Changes only under the lock of those who write.
    private BatchSegment? Active => _segments is [.., { Sealed: false } last] ? last : null;

    private PendingBuffer BufferFor(int bytes)
    {
        if (_pending is [.., { Closed: false } last] && last.Length + bytes <= BufferBytesMax)
        {
            return last;
        }

        var buffer = new PendingBuffer(_nextOffset, Math.Max(bytes, BufferBytesMin));
        _pending.Add(buffer);
        return buffer;
    }

    private void WritePending()
    {
        ClearLeaving();
        while (true)
        {
            PendingBuffer buffer;
            lock (_gate)
            {
                RequireUsable();
                if (_pending.Count == 0)
                {
                    return;
                }

                buffer = _pending[0];
                buffer.Closed = true;
            }

            try
            {
                while (buffer.Written < buffer.Length)
                {
                    WriteRun(buffer);
                }
            }
            catch (DiskException failure) when (failure.Error != DiskError.Full)
            {
                Fail(failure);
                throw;
            }

            lock (_gate)
            {
                _pending.RemoveAt(0);
                buffer.Free();
            }
        }
    }

    // False: the disk is full, and what was not written is still there.
    private bool TryWritePending()
    {
        try
        {
            WritePending();
            return true;
        }
        catch (DiskException failure) when (failure.Error == DiskError.Full)
        {
            return false;
        }
    }

    // As many batches as go into one segment, with one write.
    private void WriteRun(PendingBuffer buffer)
    {
        ReadOnlySpan<byte> rest = buffer.Batches[buffer.Written..];
        BatchHeader first = Decode(rest);
        BatchSegment segment = SegmentFor(first);
        int run = first.Bytes;
        long? began = segment.FirstTimestamp ?? (first.Records > 0 ? first.FirstTimestamp : null);
        while (run < rest.Length && Fits(segment.DataEnd + run, began, Decode(rest[run..])))
        {
            run += Decode(rest[run..]).Bytes;
        }

        IDiskFile file = _cache.Use(segment);
        try
        {
            _cache.MarkWritten(segment);
            file.Write(rest[..run], segment.DataEnd);
            lock (_gate)
            {
                Publish(segment, rest[..run]);
                buffer.Written += run;
                _pendingBytes -= run;
            }

            SyncIfCrowded(segment);
        }
        finally
        {
            _cache.Release(segment);
        }
    }

    // The batches are in the file now: under the gate.
    private void Publish(BatchSegment segment, ReadOnlySpan<byte> batches)
    {
        if (segment.Index is null)
        {
            segment.Index = NewIndex();
            segment.IndexedFrom = segment.DataEnd;
        }

        while (batches.Length > 0)
        {
            BatchHeader batch = Decode(batches);
            segment.Index.Add(new(batch.BaseOffset, segment.DataEnd, _writtenMaxTimestamp));
            segment.DataEnd += batch.Bytes;
            segment.EndOffset = batch.EndOffset;
            _writtenOffset = batch.EndOffset;
            if (batch.Records > 0)
            {
                _writtenMaxTimestamp = Math.Max(_writtenMaxTimestamp, batch.MaxTimestamp);
                segment.FirstTimestamp ??= batch.FirstTimestamp;
            }

            batches = batches[batch.Bytes..];
        }
    }

    private SegmentIndex NewIndex() =>
        new(_options.IndexDistanceBytes, Math.Min(_options.IndexEntriesMax, SegmentFooter.EntriesMax));

    private static BatchHeader Decode(ReadOnlySpan<byte> source) =>
        BatchHeader.TryDecode(source, out BatchHeader header)
            ? header
            : throw new UnreachableException("a batch in memory is whole");
}
