using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// The dead letters of a queue: what could not be worked off, with its reason. They stay until they are redriven or deleted.
/// Counting, redriving and deleting many takes time, and a deadline leaves done what was done by then: see
/// <see cref="NexoQueue{T}.WithTimeout"/>.
/// </summary>
public sealed class QueueDeadLetters<T>
{
    private const int PageMessages = 100;

    private readonly NexoQueue<T> _queue;

    internal QueueDeadLetters(NexoQueue<T> queue) => _queue = queue;

    /// <summary>The dead letters, oldest first, page after page.</summary>
    /// <param name="filter">Which; all unless it is given.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public IAsyncEnumerable<QueueDeadLetter<T>> ListAsync(
        DeadLetterFilter? filter = null, CancellationToken cancellationToken = default) =>
        Pages.AllAsync((cursor, cancel) => ListPageAsync(filter, cursor, PageMessages, cancel), cancellationToken);

    /// <summary>One page of the list.</summary>
    /// <param name="filter">Which; all unless it is given.</param>
    /// <param name="cursor">Empty to start; else <see cref="NexoPage{TItem}.Cursor"/> of the page before.</param>
    /// <param name="limit">Most dead letters of the page: 1 to 10,000.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<NexoPage<QueueDeadLetter<T>>> ListPageAsync(
        DeadLetterFilter? filter,
        ReadOnlyMemory<byte> cursor = default,
        int limit = PageMessages,
        CancellationToken cancellationToken = default)
    {
        FrameBuffer body = RequestBodies.Rent();
        QueueDeadListRequest.WriteStart(body, 0, PageBodies.Limit(limit), cursor.Span, _queue.NameBytes);
        Write(body, filter);
        return _queue.CallAsync<DeadLettersReader<T>, NexoPage<QueueDeadLetter<T>>>(
            Opcode.QueueDeadList, CallTraits.Idempotent, body, new(_queue.Serializer), cancellationToken);
    }

    /// <summary>How many there are.</summary>
    /// <param name="filter">Which; all unless it is given.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<long> CountAsync(DeadLetterFilter? filter = null, CancellationToken cancellationToken = default) =>
        SelectAsync(Opcode.QueueDeadCount, CallTraits.Idempotent, filter, cancellationToken);

    /// <summary>
    /// Pushes dead letters again, each as a new message that was never delivered, and returns how many. Each is moved in one
    /// step: it is never in both places, nor in none.
    /// </summary>
    /// <param name="filter">Which; all unless it is given.</param>
    /// <param name="to">The queue that gets them; each goes back to its source unless it is given.</param>
    /// <param name="perSecond">At most so many in a second; as fast as it goes unless it is given.</param>
    /// <param name="limit">At most so many; all unless it is given.</param>
    /// <param name="cancellationToken">Ends it; what was redriven by then stays so.</param>
    public ValueTask<long> RedriveAsync(
        DeadLetterFilter? filter = null,
        string? to = null,
        int? perSecond = null,
        long? limit = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perSecond ?? 1, 1, nameof(perSecond));
        ArgumentOutOfRangeException.ThrowIfLessThan(limit ?? 1, 1, nameof(limit));
        FrameBuffer body = RequestBodies.Rent();
        QueueDeadRedriveRequest.WriteStart(
            body, (uint)(perSecond ?? 0), (ulong)(limit ?? 0), _queue.NameBytes, Encoding.UTF8.GetBytes(to ?? string.Empty));
        Write(body, filter);
        return _queue.CallAsync<CountReader, long>(
            Opcode.QueueDeadRedrive, CallTraits.None, body, default, cancellationToken);
    }

    /// <summary>Deletes dead letters, and returns how many.</summary>
    /// <param name="filter">Which; <see cref="PurgeAsync"/> deletes all.</param>
    /// <param name="cancellationToken">Ends it; what was deleted by then stays so.</param>
    public ValueTask<long> DeleteAsync(DeadLetterFilter filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return SelectAsync(Opcode.QueueDeadDelete, CallTraits.Idempotent, filter, cancellationToken);
    }

    /// <summary>Deletes all of them, and returns how many there were.</summary>
    public ValueTask<long> PurgeAsync(CancellationToken cancellationToken = default) =>
        _queue.PurgeAsync(PurgeParts.Dead, cancellationToken);

    private static void Write(FrameBuffer body, DeadLetterFilter? filter)
    {
        if (filter is null)
        {
            return;
        }

        foreach (ulong id in filter.MessageIds)
        {
            DeadFilterFields.WriteMessageId(body, id);
        }

        if (filter.Source is { } source)
        {
            DeadFilterFields.WriteSource(body, Encoding.UTF8.GetBytes(source));
        }

        if (filter.Cause is { } cause)
        {
            DeadFilterFields.WriteCause(body, cause);
        }

        if (filter.ReasonContains is { } text)
        {
            DeadFilterFields.WriteReasonText(body, Encoding.UTF8.GetBytes(text));
        }

        if (filter.DiedFrom is { } from)
        {
            DeadFilterFields.WriteDiedFrom(body, from.ToUnixTimeMilliseconds());
        }

        if (filter.DiedTo is { } to)
        {
            DeadFilterFields.WriteDiedTo(body, to.ToUnixTimeMilliseconds());
        }

        if (filter.AttemptsMin is { } attempts)
        {
            DeadFilterFields.WriteAttemptsMin(body, (uint)Math.Clamp(attempts, 0, uint.MaxValue));
        }
    }

    private ValueTask<long> SelectAsync(
        Opcode opcode, CallTraits traits, DeadLetterFilter? filter, CancellationToken cancel)
    {
        FrameBuffer body = RequestBodies.Rent();
        QueueDeadSelectRequest.WriteStart(body, _queue.NameBytes);
        Write(body, filter);
        return _queue.CallAsync<CountReader, long>(opcode, traits, body, default, cancel);
    }
}
