using System.Diagnostics.CodeAnalysis;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// Appends many records quickly: it gathers them into batches, which are sent one behind the other. Records are appended in the order
/// in which they were handed over, each exactly once: a batch whose answer was lost is sent again under the same number, by which the
/// server knows it. Thread-safe. Dispose it: it sends what it has.
/// </summary>
/// <example>
/// <code>
/// await using StreamProducer&lt;Reading&gt; producer = client.Stream&lt;Reading&gt;("readings").CreateProducer();
/// foreach (Reading reading in readings)
/// {
///     await producer.PostAsync(reading);      // waits for room alone
/// }
///
/// await producer.FlushAsync();                // all are appended
/// </code>
/// </example>
public sealed class StreamProducer<T> : IAsyncDisposable
{
    private readonly NexoStream<T> _stream;
    private readonly ProducerLine _line;

    internal StreamProducer(NexoStream<T> stream, StreamProducerOptions options)
    {
        options.Require();
        _stream = stream;
        _line = new ProducerLine(stream, options);
    }

    /// <summary>The stream to which it appends.</summary>
    public NexoStream<T> Stream => _stream;

    /// <summary>Appends a record, and returns when it is as durable as the stream's definition says. Whoever does not wait for one record
    /// before the next uses <see cref="PostAsync"/>, which bounds what is under way.</summary>
    /// <param name="value">What it says.</param>
    /// <param name="options">What it has besides.</param>
    /// <param name="cancellationToken">Ends the wait; the record may be appended all the same, unless it waited for room.</param>
    /// <returns>Its offset.</returns>
    /// <exception cref="NexoException">It was refused, as by <see cref="NexoStream{T}.AppendAsync"/>, and the others of its batch with it;
    /// or it could not be sent in time.</exception>
    public ValueTask<StreamAppendResult> AppendAsync(
        T value, StreamRecordOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<StreamAppendResult>(cancellationToken);
        }

        ProducerRecord record = _line.Add(Encode(value, options.GetValueOrDefault()));
        ValueTask<StreamAppendResult> result = record.AsValueTask();
        return cancellationToken.CanBeCanceled
            ? new ValueTask<StreamAppendResult>(WaitAsync(record, result.AsTask(), cancellationToken))
            : result;
    }

    /// <summary>Hands a record over, and returns as soon as there is room for it. What is returned then ends when it is appended; nobody
    /// needs to wait for it, since <see cref="FlushAsync"/> tells of a failure.</summary>
    /// <param name="value">What it says.</param>
    /// <param name="options">What it has besides.</param>
    /// <param name="cancellationToken">Ends the wait for room; the record is not appended then.</param>
    [SuppressMessage("Reliability", "CA2012", Justification = "It is handed on, to be awaited once, by whoever wants to.")]
    public ValueTask<ValueTask<StreamAppendResult>> PostAsync(
        T value, StreamRecordOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ValueTask<StreamAppendResult>>(cancellationToken);
        }

        ProducerRecord record = _line.Add(Encode(value, options.GetValueOrDefault()));
        return record.Accepted is { } accepted
            ? WaitForRoomAsync(record, accepted, cancellationToken)
            : new ValueTask<ValueTask<StreamAppendResult>>(record.AsValueTask());
    }

    /// <summary>Sends what was handed over without waiting for more, and returns when all of it has been answered.</summary>
    /// <exception cref="NexoException">A record that was handed over since the last flush was not appended; the first
    /// failure.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => _line.FlushAsync(cancellationToken);

    /// <summary>Sends what was handed over, waits for its answers, and takes no more. It does not fail: whoever wants to know flushes
    /// before.</summary>
    public ValueTask DisposeAsync() => _line.DisposeAsync();

    private FrameBuffer Encode(T value, in StreamRecordOptions options)
    {
        FrameBuffer encoded = RequestBodies.Rent();
        StreamBodies.WriteRecord(encoded, _stream.Serializer, value, options, NexoClient.TraceToJoin(null));
        return encoded;
    }

    private async Task<StreamAppendResult> WaitAsync(
        ProducerRecord record, Task<StreamAppendResult> result, CancellationToken cancel)
    {
        try
        {
            return await result.WaitAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            _line.Withdraw(record);
            throw;
        }
    }

    private async ValueTask<ValueTask<StreamAppendResult>> WaitForRoomAsync(
        ProducerRecord record, Task accepted, CancellationToken cancel)
    {
        try
        {
            await accepted.WaitAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_line.Withdraw(record))
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            // There was room at the same moment.
        }

        return record.AsValueTask();
    }
}
