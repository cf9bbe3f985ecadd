using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Opening again what ended with its connection.</summary>
internal static class Reopening
{
    /// <summary>The wait between two attempts.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>About twenty seconds of them.</summary>
    public const int ManyRefusals = 10;

    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(5);

    /// <summary>Tries until it works.</summary>
    /// <param name="open">Opens it.</param>
    /// <param name="time">The time.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="refusalsMax">So often a server that is there may refuse it, for a reason that may pass.</param>
    /// <exception cref="NexoException">It was refused, and trying again would not help, or has not.</exception>
    public static async Task UntilDoneAsync(
        Func<CancellationToken, ValueTask> open, TimeProvider time, CancellationToken cancel, int refusalsMax = int.MaxValue)
    {
        int refusals = 0;
        while (true)
        {
            try
            {
                await open(cancel).ConfigureAwait(false);
                return;
            }
            catch (NexoException error) when (error.Retryable && (IsAbsence(error) || ++refusals < refusalsMax))
            {
                await Task.Delay(IsAbsence(error) ? Pause : PauseAfter(refusals), time, cancel).ConfigureAwait(false);
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

    private static TimeSpan PauseAfter(int refusals)
    {
        TimeSpan pause = Pause * (1 << Math.Min(refusals - 1, 6));
        return pause < PauseMax ? pause : PauseMax;
    }

    // It may last as long as it wants to.
    private static bool IsAbsence(NexoException error) => error.Code
        is ClientErrorCode.ConnectionLost
        or ClientErrorCode.DeadlineExceeded
        or ErrorCode.ShuttingDown
        or ErrorCode.Recovering;
}
