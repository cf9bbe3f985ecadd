using Microsoft.Extensions.Logging;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Commits of an ordered group: one at a time, and each tells of all that was done until it is sent.</summary>
internal sealed class CommitLine(ILogger logger)
{
    private readonly Lock _gate = new();
    private StreamDelivery? _done;
    private Task _committing = Task.CompletedTask;
    private bool _isRunning;

    /// <summary>The record, and all before it, are done.</summary>
    public void Done(StreamDelivery delivery)
    {
        lock (_gate)
        {
            _done = delivery;
            if (!_isRunning)
            {
                _isRunning = true;
                _committing = Task.Run(CommitAsync);
            }
        }
    }

    /// <summary>Ends when all that was done has been committed, or could not be.</summary>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            return _committing;
        }
    }

    private async Task CommitAsync()
    {
        while (TryTake(out StreamDelivery? delivery))
        {
            try
            {
                await delivery!.CommitAsync().ConfigureAwait(false);
            }
            catch (NexoException error)
            {
                LogLevel level = error.Retryable || error.Code == ErrorCode.MemberFenced ? LogLevel.Warning : LogLevel.Error;
                logger.Log(
                    level, error, "Record {Offset} of stream {Stream} was not committed in group {Group}: it comes again",
                    delivery!.Offset, delivery.Stream, delivery.Group);
            }
        }
    }

    private bool TryTake(out StreamDelivery? delivery)
    {
        lock (_gate)
        {
            delivery = _done;
            _done = null;
            _isRunning = delivery is not null;
            return _isRunning;
        }
    }
}
