using System.Buffers.Binary;
using System.Security.Cryptography;
using Nexo.Protocol;

namespace Nexo.Client;

/// <content>
/// The loop that sends. Batches are sent under the producer's id with ascending sequences, several at once, and are finished in their
/// order. When one fails, all that are under way are waited for; then those that were not appended are sent again, as they were. A batch
/// that is refused for good leaves a gap in the sequences, so the others begin anew under another id: never one that may have been
/// appended under the old one.
/// </content>
internal sealed partial class ProducerLine
{
    private readonly Queue<ProducerBatch> _underWay = new();
    private ulong _producer = NewProducer();
    private ulong _nextSequence;

    private async Task RunAsync()
    {
        while (true)
        {
            if (!await SettleAsync().ConfigureAwait(false))
            {
                // Wait, and then send those again that failed.
                await Task.Delay(Reopening.Pause, _time).ConfigureAwait(false);
                SendAgain();
            }

            TimeSpan due = Timeout.InfiniteTimeSpan;
            while (_underWay.Count < _options.BatchesInFlight && TryTakeBatch(out ProducerBatch? batch, out due))
            {
                batch!.Sequence = _nextSequence;
                batch.FirstSentAt = _time.GetTimestamp();
                _nextSequence += (ulong)batch.Records.Count;
                _underWay.Enqueue(batch);
                Begin(batch);
            }

            if (_underWay.Count == 0 && IsOver())
            {
                return;
            }

            _linger.Change(due, Timeout.InfiniteTimeSpan);
            await _wake.Reader.ReadAsync().ConfigureAwait(false);
        }
    }

    private bool IsOver()
    {
        lock (_gate)
        {
            return _closed && _answered == _added;
        }
    }

    /// <summary>Finishes what has been answered; false when some of what is under way must be sent again.</summary>
    private async ValueTask<bool> SettleAsync()
    {
        while (_underWay.TryPeek(out ProducerBatch? first) && first.Attempt.IsCompleted)
        {
            if (first.Reply is null)
            {
                await Task.WhenAll(_underWay.Select(batch => batch.Attempt)).ConfigureAwait(false);
                if (!GiveUp(first))
                {
                    return false;
                }
            }

            _underWay.Dequeue();
            Finish(first);
        }

        return true;
    }

    /// <summary>Whether the records of the first batch fail. If so, those behind it are prepared to go on without it.</summary>
    private bool GiveUp(ProducerBatch first)
    {
        NexoException error = first.Error!;
        if (error.Code == ErrorCode.SequenceGap && !first.MayBeAppended)
        {
            // The server has forgotten this producer, among very many others, or the stream was made anew.
            BeginAnew(_underWay);
            return false;
        }

        bool isLate = _time.GetElapsedTime(first.FirstSentAt) >= _options.RetryFor;
        if (error.Retryable && !isLate)
        {
            return false;
        }

        bool isRefused = error.Code is not ErrorCode.SequenceGap && !IsOutcomeUnknown(error);
        if (!isRefused && first.MayBeAppended)
        {
            first.Error = new NexoException(
                error.Code, $"{error.Message} The records may have been appended, and were not sent again.", retryable: false, error);
        }

        // Behind one that was refused nothing can have been appended; behind one that perhaps was, perhaps.
        foreach (ProducerBatch batch in _underWay.Where(batch => batch != first && batch.Reply is null))
        {
            batch.MayBeAppended &= !isRefused;
            batch.FirstSentAt = batch.MayBeAppended ? first.FirstSentAt : batch.FirstSentAt;
        }

        if (!_underWay.Any(batch => batch != first && batch.MayBeAppended))
        {
            BeginAnew(_underWay.Where(batch => batch != first));
        }

        return true;
    }

    /// <summary>Another id for what is to be sent, and for what is new.</summary>
    private void BeginAnew(IEnumerable<ProducerBatch> batches)
    {
        _producer = NewProducer();
        _nextSequence = 0;
        foreach (ProducerBatch batch in batches.Where(batch => batch.Reply is null))
        {
            batch.Sequence = _nextSequence;
            _nextSequence += (ulong)batch.Records.Count;
        }
    }

    private void SendAgain()
    {
        foreach (ProducerBatch batch in _underWay.Where(batch => batch.Reply is null))
        {
            Begin(batch);
        }
    }

    private void Begin(ProducerBatch batch)
    {
        batch.Attempt = SendAsync(batch);
        _ = WakeBehindAsync(batch.Attempt);
    }

    // Only when it has completed: the loop that is woken before sees one that is under way, and nobody wakes it again.
    private async Task WakeBehindAsync(Task attempt)
    {
        await attempt.ConfigureAwait(false);
        Wake();
    }

    /// <summary>Never throws.</summary>
    private async Task SendAsync(ProducerBatch batch)
    {
        batch.Attempts++;
        batch.Error = null;
        FrameBuffer body = RequestBodies.Rent();
        new StreamAppendBatchRequest
        {
            Parts = AppendParts.Producer,
            Stream = _stream.NameBytes,
            Producer = _producer,
            Sequence = batch.Sequence,
        }.WriteStart(body, (uint)batch.Records.Count);
        body.Write(batch.Encoded.Written.Span);
        var call = new CallRequest
        {
            Opcode = Opcode.StreamAppendBatch,
            Traits = CallTraits.Idempotent,
            Body = body,
            Destination = _stream.Name,
        };
        try
        {
            batch.Reply = await _stream.Client.CallAsync<StreamAppendReader, StreamAppendResult>(
                call, default, _stream.Timeout, CancellationToken.None).ConfigureAwait(false);
        }
        catch (NexoException error)
        {
            batch.Error = error;
            batch.MayBeAppended |= IsOutcomeUnknown(error);
        }
    }

    private static bool IsOutcomeUnknown(NexoException error) => error.Code
        is ClientErrorCode.ConnectionLost
        or ClientErrorCode.DeadlineExceeded
        or ClientErrorCode.ClientClosed
        or ClientErrorCode.ProtocolViolation
        or ErrorCode.Cancelled
        or ErrorCode.Internal
        or ErrorCode.StorageFailed;

    private static ulong NewProducer() => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
}
