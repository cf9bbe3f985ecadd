namespace Nexo.Client;

/// <summary>
/// Handles the records of a stream for a group, one call for each; see <c>AddNexoConsumer</c>. When it returns, the record is done. When it
/// throws, it has failed: in a group that is shared by key it comes again after the group's backoff, before the others of its key, until
/// it has failed as often as the group allows and is a dead letter; in an ordered group it is tried again here, and the others wait.
/// <see cref="NexoRejectException"/> says that no attempt can succeed: a dead letter at once, or in an ordered group passed over. A record
/// may come more than once: its offset tells.
/// </summary>
/// <typeparam name="T">What the records say.</typeparam>
public interface INexoRecordHandler<T>
{
    /// <summary>Handles one record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="cancellationToken">Is cancelled when the host's grace for stopping has passed, and when the record is another member's
    /// by then: the connection was lost, the server has fenced this member, or the group was sought.</param>
    Task HandleAsync(StreamRecord<T> record, CancellationToken cancellationToken);
}
