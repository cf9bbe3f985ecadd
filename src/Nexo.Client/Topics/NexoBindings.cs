using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Bindings: what is published to the topics of a filter goes into a queue or a stream as well, inside the server. They survive
/// restarts. A publish that is bound is confirmed when the queue or the stream has the message as durably as it is set.</summary>
public sealed class NexoBindings
{
    private const int PageBindings = 1_000;

    private readonly NexoTopics _topics;

    internal NexoBindings(NexoTopics topics) => _topics = topics;

    /// <summary>Makes a binding; false when the very same one is there.</summary>
    /// <exception cref="NexoException"><see cref="ErrorCode.BindingConflict"/>: there is another one of this name.
    /// <see cref="ErrorCode.StreamNotFound"/>: the stream is not there. A queue need not be: the first message makes it.</exception>
    public ValueTask<bool> SetAsync(TopicBinding binding, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(binding);
        FrameBuffer body = RequestBodies.Rent();
        new BindingSetRequest
        {
            Kind = binding.Kind,
            Name = Encoding.UTF8.GetBytes(binding.Name),
            Filter = Encoding.UTF8.GetBytes(binding.Filter),
            Target = Encoding.UTF8.GetBytes(binding.Target),
        }.WriteStart(body);
        if (binding.KeyByTopic)
        {
            BindingOptionFields.WriteKeyByTopic(body, keyByTopic: true);
        }

        return _topics.CallAsync<BindingSetReader, bool>(Opcode.BindingSet, body, default, cancellationToken);
    }

    /// <summary>A binding by its name; null when there is none.</summary>
    public async ValueTask<TopicBinding?> DescribeAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        try
        {
            return await _topics.CallAsync<BindingReader, TopicBinding>(
                Opcode.BindingDescribe, TopicBodies.Text(name), default, cancellationToken).ConfigureAwait(false);
        }
        catch (NexoException error) when (error.Code == ErrorCode.BindingNotFound)
        {
            return null;
        }
    }

    /// <summary>All bindings whose names begin with a prefix, in the order of their names, page after page.</summary>
    public IAsyncEnumerable<TopicBindingSummary> ListAsync(
        string prefix = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return Pages.AllAsync(
            (cursor, cancel) => _topics.CallAsync<BindingsReader, NexoPage<TopicBindingSummary>>(
                Opcode.BindingList, PageBodies.Scan(prefix, cursor, PageBindings), default, cancel),
            cancellationToken);
    }

    /// <summary>Removes a binding; false when there is none of this name. What it has given stays.</summary>
    public ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _topics.CallAsync<FlagReader, bool>(
            Opcode.BindingDelete, TopicBodies.Text(name), default, cancellationToken);
    }
}

/// <summary>What feeds a queue or a stream from topics.</summary>
/// <param name="Name">Its name, 1 to 255 bytes.</param>
/// <param name="Filter">The topics whose messages it takes.</param>
/// <param name="Kind">What it feeds.</param>
/// <param name="Target">The name of the queue or the stream.</param>
public sealed record TopicBinding(string Name, string Filter, BindingTarget Kind, string Target)
{
    /// <summary>True: the topic is the record's key in a stream, the message's group in a queue.</summary>
    public bool KeyByTopic { get; init; }
}

/// <summary>One line of a list of bindings.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Filter">The topics whose messages it takes.</param>
/// <param name="Kind">What it feeds.</param>
/// <param name="Target">The name of the queue or the stream.</param>
/// <param name="Taken">Messages that the target has taken since the server's start.</param>
/// <param name="Refused">Messages that it has refused since then.</param>
public sealed record TopicBindingSummary(
    string Name, string Filter, BindingTarget Kind, string Target, long Taken, long Refused);
