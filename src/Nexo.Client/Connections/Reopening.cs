namespace Nexo.Client;

/// <summary>Opening again what ended with its connection.</summary>
internal static class Reopening
{
    /// <summary>The wait between two attempts.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Tries until it works.</summary>
    /// <exception cref="NexoException">It was refused, and trying again would not help.</exception>
    public static async Task UntilDoneAsync(
        Func<CancellationToken, ValueTask> open, TimeProvider time, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await open(cancel).ConfigureAwait(false);
                return;
            }
            catch (NexoException error) when (error.Retryable)
            {
                await Task.Delay(Pause, time, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Asks until there is an answer, over lost connections, for as long as a call may take.</summary>
    /// <exception cref="NexoException">It was refused, or there was no answer in time.</exception>
    public static async ValueTask<TResult> BridgeAsync<TState, TResult>(
        Func<TState, CancellationToken, ValueTask<TResult>> ask,
        TState state,
        TimeSpan timeout,
        TimeProvider time,
        CancellationToken cancel)
    {
        var deadline = new Deadline(timeout, time);
        while (true)
        {
            try
            {
                return await ask(state, cancel).ConfigureAwait(false);
            }
            catch (NexoException error) when (error is { Retryable: true, Code: not ClientErrorCode.DeadlineExceeded }
                && !deadline.IsOver)
            {
                await Task.Delay(Pause, time, cancel).ConfigureAwait(false);
            }
        }
    }
}
