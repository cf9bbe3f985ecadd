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
}
