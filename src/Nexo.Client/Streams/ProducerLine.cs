using System.Threading.Channels;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// The records of a producer on their way: those that wait for room, the batch that is filled, those that are full. What sends them is
/// one loop, in the other part. The gate guards all that several threads see; no foreign code runs under it.
/// </summary>
internal sealed partial class ProducerLine : IAsyncDisposable
{
    // Timers count in whole milliseconds: less would be none at all.
    private static readonly TimeSpan DueMin = TimeSpan.FromMilliseconds(1);

    // What a batch has besides its records in its frame: the stream's name and numbers.
    private const int BesideRecords = 512;

    private readonly Lock _gate = new();
    private readonly NexoStream _stream;
    private readonly StreamProducerOptions _options;
    private readonly TimeProvider _time;
    private readonly LinkedLine<ProducerRecord> _waiting = new();
    private readonly Queue<ProducerBatch> _full = new();
    private readonly Queue<ProducerFlush> _flushes = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly ITimer _linger;
    private ProducerBatch? _filling;
    private Task? _run;
    private long _heldBytes;
    private long _lastOrdinal;
    private long _added;
    private long _answered;
    private NexoException? _failure;
    private bool _closed;

    public ProducerLine(NexoStream stream, StreamProducerOptions options)
    {
        _stream = stream;
        _options = options;
        _time = stream.Client.Time;
        _linger = _time.CreateTimer(
            static state => ((ProducerLine)state!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes a record over with its bytes.</summary>
    public ProducerRecord Add(FrameBuffer encoded)
    {
        ProducerRecord record = ProducerRecord.Rent();
        bool wake = false;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(StreamProducer<>));
            _run ??= Task.Run(RunAsync);
            _added++;
            record.Ordinal = ++_lastOrdinal;
            if (_waiting.Count == 0 && HasRoomFor(encoded.Count))
            {
                wake = AddToBatch(record, encoded);
            }
            else
            {
                // What there is of a batch makes room: it waits for no more.
                wake = _waiting.Count == 0;
                record.WaitForRoom(encoded);
                _waiting.AddLast(record);
            }
        }

        if (record.Encoded is null)
        {
            RequestBodies.Return(encoded);
        }

        if (wake)
        {
            Wake();
        }

        return record;
    }

    /// <summary>Takes back a record that still waits for room; false when it does not.</summary>
    public bool Withdraw(ProducerRecord record)
    {
        lock (_gate)
        {
            if (!_waiting.Remove(record))
            {
                return false;
            }

            // As if it had never been: whoever flushes waits for the others that were handed over before.
            record.EndWait();
            _added--;
            foreach (ProducerFlush flush in _flushes)
            {
                flush.UpTo -= record.Ordinal <= flush.Ordinal ? 1 : 0;
            }

            Answered(0);
            AdmitWaiting();
        }

        Wake();
        return true;
    }

    public async ValueTask FlushAsync(CancellationToken cancel)
    {
        Task? done = null;
        lock (_gate)
        {
            if (_answered < _added)
            {
                var flush = new ProducerFlush(_lastOrdinal, _added);
                _flushes.Enqueue(flush);
                done = flush.Done.Task;
            }
        }

        if (done is not null)
        {
            Wake();
            await done.WaitAsync(cancel).ConfigureAwait(false);
        }

        if (Interlocked.Exchange(ref _failure, null) is { } failure)
        {
            throw failure;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? run;
        lock (_gate)
        {
            _closed = true;
            run = _run;
        }

        Wake();
        if (run is not null)
        {
            await run.ConfigureAwait(false);
        }

        await _linger.DisposeAsync().ConfigureAwait(false);
    }

    private void Wake() => _wake.Writer.TryWrite(true);

    // One that is larger than all the room is let in alone.
    private bool HasRoomFor(int bytes) => _heldBytes == 0 || _heldBytes + bytes <= _options.BufferBytes;

    /// <summary>Adds a record to the batch that is filled; true when the loop has something to do or to wait for.</summary>
    private bool AddToBatch(ProducerRecord record, FrameBuffer encoded)
    {
        bool wake = false;
        int bytesMax = BatchBytesMax();
        if (_filling is { } filled && filled.Encoded.Count + encoded.Count > bytesMax)
        {
            TakeFilling();
            wake = true;
        }

        if (_filling is null)
        {
            _filling = new ProducerBatch(_time.GetTimestamp());
            wake = true;
        }

        _filling.Encoded.Write(encoded.Written.Span);
        _filling.Records.Add(record);
        _heldBytes += encoded.Count;
        if (_filling.Encoded.Count >= bytesMax || _filling.Records.Count >= _options.BatchRecords)
        {
            TakeFilling();
            wake = true;
        }

        return wake;
    }

    // No more than the server takes in a frame, as far as that is known.
    private int BatchBytesMax()
    {
        long frame = _stream.Client.ServerInfo is { FrameBytesMax: > 0 } server
            ? server.FrameBytesMax
            : ProtocolVersion.DefaultFrameBytesMax;
        return (int)Math.Clamp(frame - FrameHeader.Size - Outbox.TraceBytesMax - BesideRecords, 1, _options.BatchBytes);
    }

    private void TakeFilling()
    {
        _full.Enqueue(_filling!);
        _filling = null;
    }

    /// <summary>Lets in those that wait for room, as far as there is some.</summary>
    private void AdmitWaiting()
    {
        while (_waiting.First is { } record && HasRoomFor(record.Encoded!.Count))
        {
            _waiting.Remove(record);
            AddToBatch(record, record.Encoded!);
            record.EndWait();
        }
    }

    private void Answered(int count)
    {
        _answered += count;
        while (_flushes.TryPeek(out ProducerFlush? flush) && flush.UpTo <= _answered)
        {
            _flushes.Dequeue();
            flush.Done.TrySetResult();
        }
    }

    /// <summary>Takes the next batch that is to be sent; if there is none, the time after which one is.</summary>
    private bool TryTakeBatch(out ProducerBatch? batch, out TimeSpan due)
    {
        due = Timeout.InfiniteTimeSpan;
        lock (_gate)
        {
            if (_full.TryDequeue(out batch))
            {
                return true;
            }

            if (_filling is null)
            {
                return false;
            }

            TimeSpan left = _options.Linger - _time.GetElapsedTime(_filling.CreatedAt);
            if (left > TimeSpan.Zero && _flushes.Count == 0 && _waiting.Count == 0 && !_closed)
            {
                due = left > DueMin ? left : DueMin;
                return false;
            }

            batch = _filling;
            _filling = null;
            return true;
        }
    }

    /// <summary>The records of a batch have their results: there is room for others.</summary>
    private void Finish(ProducerBatch batch)
    {
        if (batch.Error is { } error)
        {
            Interlocked.CompareExchange(ref _failure, error, null);
            batch.Records.ForEach(record => record.SetError(error));
        }
        else
        {
            for (int i = 0; i < batch.Records.Count; i++)
            {
                batch.Records[i].SetResult(batch.Reply!.Value.ForRecord(i));
            }
        }

        lock (_gate)
        {
            _heldBytes -= batch.Encoded.Count;
            AdmitWaiting();
            Answered(batch.Records.Count);
        }

        batch.Encoded.Dispose();
    }
}
