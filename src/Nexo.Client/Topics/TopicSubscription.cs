using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Nexo.Client;

/// <summary>
/// An open subscription to topics. Lost connections are bridged: it is opened again with the filters that it has by then, and what was
/// missed is told as a <see cref="TopicGap"/>. Dispose it to end it.
/// </summary>
public class TopicSubscription : IAsyncDisposable
{
    private readonly TopicFeed _feed;
    private readonly TopicBuffer _buffer;
    private long _missed;

    private protected TopicSubscription(TopicFeed feed, TopicBuffer buffer, TopicSubscribeOptions options)
    {
        _feed = feed;
        _buffer = buffer;
        Options = options;
        Completion = feed.Over;
    }

    /// <summary>The filters that it has.</summary>
    public IReadOnlyList<string> Filters => _feed.Filters;

    /// <summary>How many messages were dropped because it was slow, as far as its reader has come.</summary>
    public long Missed => Volatile.Read(ref _missed);

    /// <summary>Ends with it: when it was disposed, and its handler has returned, if it has one. Fails with the reason when the server
    /// has ended it, or its handler.</summary>
    public Task Completion { get; private protected set; }

    private protected TopicSubscribeOptions Options { get; }

    private protected NexoException? Error => _buffer.Error;

    /// <summary>Adds a filter.</summary>
    /// <inheritdoc cref="AddAsync(IReadOnlyCollection{string}, CancellationToken)"/>
    public ValueTask AddAsync(string filter, CancellationToken cancellationToken = default) =>
        AddAsync([filter], cancellationToken);

    /// <summary>Adds filters, all or none: messages that are published after this has returned come. Those that it has already change
    /// nothing.</summary>
    /// <exception cref="Nexo.Client.NexoException">They were refused (<see cref="Nexo.Protocol.ErrorCode.FilterInvalid"/>,
    /// <see cref="Nexo.Protocol.ErrorCode.TooManyFilters"/>), or the subscription has ended.</exception>
    public ValueTask AddAsync(IReadOnlyCollection<string> filters, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filters);
        return _feed.ChangeAsync(filters, [], cancellationToken);
    }

    /// <summary>Removes a filter.</summary>
    /// <inheritdoc cref="RemoveAsync(IReadOnlyCollection{string}, CancellationToken)"/>
    public ValueTask RemoveAsync(string filter, CancellationToken cancellationToken = default) =>
        RemoveAsync([filter], cancellationToken);

    /// <summary>Removes filters, as they were given, all or none. What has come by then can still be read. Those that it does not have
    /// change nothing.</summary>
    /// <exception cref="Nexo.Client.NexoException">The subscription has ended.</exception>
    public ValueTask RemoveAsync(IReadOnlyCollection<string> filters, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filters);
        return _feed.ChangeAsync([], filters, cancellationToken);
    }

    /// <summary>Ends it: the server is told to stop, what has come and was not read is let go, and a loop over it ends. It does not wait
    /// for a handler; <see cref="Completion"/> does.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "There is no finalizer, and there will be none.")]
    public async ValueTask DisposeAsync()
    {
        _buffer.Close();
        await _feed.DisposeAsync().ConfigureAwait(false);
    }

    private protected ValueTask<bool> WaitAsync(CancellationToken cancel) => _buffer.WaitAsync(cancel);

    /// <summary>Takes the next message, and tells of gaps that come before it.</summary>
    private protected bool TryTake(out TopicDelivery delivery, ref TopicGap gap)
    {
        while (_buffer.TryTake(out delivery))
        {
            if (!delivery.Gap.IsNone)
            {
                gap = gap.And(delivery.Gap);
                Volatile.Write(ref _missed, _missed + delivery.Gap.Missed);
                TellGap(delivery.Gap);
            }

            if (delivery.IsMessage)
            {
                return true;
            }
        }

        return false;
    }

    private void TellGap(TopicGap gap)
    {
        try
        {
            Options.OnGap?.Invoke(gap);
        }
        catch (Exception error) when (Options.OnError is not null)
        {
            Options.OnError(error);
        }
    }
}

/// <summary>A subscription that is read by a loop.</summary>
public sealed class TopicSubscription<T> : TopicSubscription
{
    private readonly TopicSource _source;
    private TopicGap _gap;
    private int _reading;

    private TopicSubscription(TopicSource source, TopicFeed feed, TopicBuffer buffer, TopicSubscribeOptions options)
        : base(feed, buffer, options) =>
        _source = source;

    /// <summary>
    /// The messages, as they come, for one reader. Lasts until the subscription is disposed or the token is cancelled; fails when the
    /// server ends it.
    /// </summary>
    public async IAsyncEnumerable<TopicMessage<T>> ReadAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            throw new InvalidOperationException("A subscription is read once. Open another one.");
        }

        do
        {
            while (TryTake(out TopicMessage<T> message))
            {
                yield return message;

                // Also while there is always a next one.
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        while (await WaitAsync(cancellationToken).ConfigureAwait(false));
        if (Error is { } error)
        {
            throw error;
        }
    }

    internal static async ValueTask<TopicSubscription<T>> OpenAsync(
        NexoTopics topics, IReadOnlyCollection<string> filters, TopicSubscribeOptions? options, CancellationToken cancel)
    {
        options ??= new TopicSubscribeOptions();
        var buffer = new TopicBuffer(options.BufferMessages, options.BufferBytes, options.WhenSlow);
        var feed = new TopicFeed(topics.Client, filters, options, topics.Timeout, buffer);
        buffer.OnOverflow = feed.EndSlow;
        try
        {
            await feed.OpenAsync(cancel).ConfigureAwait(false);
            return new TopicSubscription<T>(new TopicSource(topics), feed, buffer, options);
        }
        catch
        {
            await feed.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Has the messages handled, one after the other, from now on.</summary>
    internal void Handle(Func<TopicMessage<T>, CancellationToken, ValueTask> handler, CancellationToken cancel) =>
        Completion = Task.Run(() => HandleAllAsync(handler, cancel), CancellationToken.None);

    private bool TryTake(out TopicMessage<T> message)
    {
        bool taken = TryTake(out TopicDelivery delivery, ref _gap);
        message = taken ? new TopicMessage<T>(_source, delivery, _gap) : default;
        _gap = taken ? default : _gap;
        return taken;
    }

    private async Task HandleAllAsync(Func<TopicMessage<T>, CancellationToken, ValueTask> handler, CancellationToken cancel)
    {
        try
        {
            await foreach (TopicMessage<T> message in ReadAllAsync(cancel).ConfigureAwait(false))
            {
                await HandleAsync(handler, message, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            await DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask HandleAsync(
        Func<TopicMessage<T>, CancellationToken, ValueTask> handler, TopicMessage<T> message, CancellationToken cancel)
    {
        var measurement = ProcessMeasurement.OfMessage(Filters is [string first, ..] ? first : string.Empty, message);
        try
        {
            await handler(message, cancel).ConfigureAwait(false);
            measurement.Stop(null, null);
        }
        catch (Exception error)
        {
            measurement.Stop(null, error);
            if (Options.OnError is not { } onError || cancel.IsCancellationRequested)
            {
                throw;
            }

            onError(error);
        }
    }
}
