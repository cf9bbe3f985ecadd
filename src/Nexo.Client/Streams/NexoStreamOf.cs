using System.Runtime.CompilerServices;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// A stream whose records say <typeparamref name="T"/>, by the client's serializer; <see cref="ReadOnlyMemory{T}"/> of bytes is sent
/// as it is. Thread-safe; make one wherever it is needed, it costs next to nothing. What is passed in is encoded before the method
/// returns, and may be changed after.
/// </summary>
/// <example>
/// <code>
/// NexoStream&lt;Order&gt; orders = client.Stream&lt;Order&gt;("orders");
/// await orders.CreateAsync(new() { Age = TimeSpan.FromDays(30) });
/// await orders.AppendAsync(order, new() { Key = order.Id });
///
/// await foreach (StreamRecord&lt;Order&gt; record in orders.TailAsync(new() { From = StreamFrom.Beginning }, stopping))
/// {
///     Console.WriteLine($"{record.Offset}: {record.Value}");
/// }
/// </code>
/// </example>
public sealed partial class NexoStream<T> : NexoStream
{
    internal NexoStream(NexoClient client, string name, INexoSerializer serializer, TimeSpan timeout)
        : base(client, name, serializer, timeout)
    {
    }

    /// <summary>
    /// The same stream with another deadline for its calls.
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> leaves the end to the cancellation token.
    /// </summary>
    public NexoStream<T> WithTimeout(TimeSpan timeout)
    {
        NexoClientOptionsCheck.RequireTimeout(timeout, nameof(timeout));
        return new NexoStream<T>(Client, Name, Serializer, timeout);
    }

    /// <summary>Appends a record, and returns when it is as durable as the stream's definition says. Allocates nothing of its own. Whoever
    /// appends many is quicker with a <see cref="CreateProducer"/>, which also bridges lost connections.</summary>
    /// <param name="value">What it says.</param>
    /// <param name="options">How; without a key, headers and conditions unless it is given.</param>
    /// <param name="cancellationToken">Ends the wait; the record may have been appended.</param>
    /// <returns>Its offset; or, when something was expected that does not hold, a
    /// <see cref="StreamAppendResult.Conflict"/>.</returns>
    /// <exception cref="NexoException"><see cref="ErrorCode.ValueTooLarge"/>, <see cref="ErrorCode.KeyInvalid"/>,
    /// <see cref="ErrorCode.TimestampOutOfRange"/>. <see cref="ErrorCode.TooManyKeys"/>: no versions are kept for a stream with so many
    /// keys.</exception>
    public ValueTask<StreamAppendResult> AppendAsync(
        T value, StreamAppendOptions? options = null, CancellationToken cancellationToken = default)
    {
        StreamAppendOptions given = options.GetValueOrDefault();
        return CallAsync(StreamBodies.One(this, value, given), given.ExpectedKeyVersion is not null, cancellationToken);
    }

    /// <summary>Appends a tombstone: the key has no value any more.</summary>
    /// <inheritdoc cref="AppendAsync"/>
    public ValueTask<StreamAppendResult> AppendTombstoneAsync(
        NexoKey key, ulong? expectedKeyVersion = null, CancellationToken cancellationToken = default) =>
        AppendAsync(
            default!,
            new() { Key = key, IsTombstone = true, ExpectedKeyVersion = expectedKeyVersion },
            cancellationToken);

    /// <summary>Appends many records, all or none, also across a crash of the server. They get offsets one after the other.</summary>
    /// <param name="values">What they say: 1 to 65,536. All must fit a frame.</param>
    /// <param name="options">What must hold; nothing unless it is given.</param>
    /// <param name="cancellationToken">Ends the wait; they may have been appended.</param>
    [OverloadResolutionPriority(1)]
    public ValueTask<StreamAppendResult> AppendBatchAsync(
        IReadOnlyCollection<T> values, StreamBatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        return AppendBatchAsync(
            values.Select(value => new StreamMessage<T>(value)), values.Count, options.GetValueOrDefault(), cancellationToken);
    }

    /// <inheritdoc cref="AppendBatchAsync(IReadOnlyCollection{T}, StreamBatchOptions?, CancellationToken)"/>
    /// <param name="messages">The records: 1 to 65,536. All must fit a frame.</param>
    /// <param name="options">What must hold; nothing unless it is given.</param>
    /// <param name="cancellationToken">Ends the wait; they may have been appended.</param>
    public ValueTask<StreamAppendResult> AppendBatchAsync(
        IReadOnlyCollection<StreamMessage<T>> messages,
        StreamBatchOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return AppendBatchAsync(messages, messages.Count, options.GetValueOrDefault(), cancellationToken);
    }

    /// <summary>A producer, which gathers records into batches and appends each record exactly once, however often the connection is
    /// lost meanwhile. Dispose it: it sends what it has.</summary>
    /// <param name="options">How many records it gathers, and for how long.</param>
    public StreamProducer<T> CreateProducer(StreamProducerOptions? options = null) => new(this, options ?? new());

    /// <summary>A group of this stream. Nothing is asked of the server yet.</summary>
    public StreamGroup<T> Group(string name) => new(this, name);

    /// <summary>Reads the records that there are, from a place on, in pages that are asked for ahead; it ends where the stream does by
    /// then. A connection that is lost meanwhile is bridged, without a gap and without a repeat.</summary>
    /// <param name="options">Which records; all unless it is given.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public IAsyncEnumerable<StreamRecord<T>> ReadAsync(
        StreamReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new StreamReadOptions();
        options.Require();
        return new StreamReading(this, options).RunAsync<T>(cancellationToken);
    }

    /// <summary>Reads some records at once, or waits for a first one.</summary>
    /// <param name="options">Which: at most <see cref="StreamReadOptions.Max"/>, in at most
    /// <see cref="StreamReadOptions.PageBytes"/>.</param>
    /// <param name="wait">How long to wait for a first one, beyond what the call's deadline allows; not at all unless it is
    /// given.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<StreamPage<T>> ReadPageAsync(
        StreamReadOptions? options = null, TimeSpan? wait = null, CancellationToken cancellationToken = default)
    {
        options ??= new StreamReadOptions();
        options.Require();
        StreamFrom from = options.From ?? (options.Backward ? StreamFrom.End : StreamFrom.Beginning);
        ReadRun run = await ReadRunAsync(
            from.ToWire(options.Backward, options.Clamp),
            (uint)Math.Min(options.Max ?? uint.MaxValue, uint.MaxValue),
            (uint)options.PageBytes,
            options.Key,
            wait ?? TimeSpan.Zero,
            cancellationToken).ConfigureAwait(false);
        var records = new List<StreamRecord<T>>(run.Count);
        int at = 0;
        while (RecordWalk.TryTake(run.Records, ref at, out ReadOnlyMemory<byte> record))
        {
            records.Add(new StreamRecord<T>(Serializer, record));
        }

        return new StreamPage<T>(records, run.Range.First, run.Range.Next, run.ContinueAt);
    }

    /// <summary>Follows the stream: the records from a place on, and then those that come, from the first <c>MoveNextAsync</c> on. It
    /// lasts until the loop is left, the token is cancelled, or the server refuses it (the stream was deleted). A lost connection is
    /// bridged, without a gap and without a repeat.</summary>
    /// <param name="options">From where; what comes from now on unless it is given.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<StreamRecord<T>> TailAsync(
        StreamTailOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        StreamTail tail =
            await StreamTail.OpenAsync(this, options ?? new StreamTailOptions(), cancellationToken).ConfigureAwait(false);
        await using (tail.ConfigureAwait(false))
        {
            while (true)
            {
                while (tail.TryTake(out ReadOnlyMemory<byte> record))
                {
                    yield return new StreamRecord<T>(Serializer, record);

                    // Also while there is always a next one.
                    cancellationToken.ThrowIfCancellationRequested();
                }

                await tail.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private ValueTask<StreamAppendResult> AppendBatchAsync(
        IEnumerable<StreamMessage<T>> messages, int count, in StreamBatchOptions options, CancellationToken cancellationToken) =>
        CallAsync(
            StreamBodies.Many(this, messages, count, options), options.ExpectedKeyVersion is not null, cancellationToken);

    private ValueTask<StreamAppendResult> CallAsync(in CallRequest call, bool expectsKey, CancellationToken cancel) =>
        expectsKey
            ? AppendWhenLoadedAsync(call, cancel)
            : Client.CallAsync<StreamAppendReader, StreamAppendResult>(call, default, Timeout, cancel);

    /// <summary>The first time that a version of a key is expected, the server may have to read the stream for it.</summary>
    private async ValueTask<StreamAppendResult> AppendWhenLoadedAsync(CallRequest call, CancellationToken cancel)
    {
        var deadline = new Deadline(Timeout, Client.Time);
        byte[] kept = call.Body!.Written.ToArray();
        while (true)
        {
            try
            {
                return await Client.CallAsync<StreamAppendReader, StreamAppendResult>(call, default, deadline.Left, cancel)
                    .ConfigureAwait(false);
            }
            catch (NexoException error) when (error.Code == ErrorCode.KeysLoading && !deadline.IsOver)
            {
                await Task.Delay(Reopening.Pause, Client.Time, cancel).ConfigureAwait(false);
                FrameBuffer again = RequestBodies.Rent();
                again.Write(kept);
                call = call with { Body = again };
            }
        }
    }
}
