namespace Nexo.Client;

/// <summary>An open watch. Read it once; dispose it to end it.</summary>
public sealed class StoreWatch : IAsyncDisposable
{
    /// <summary>The changes, one after the other. To be read by one reader.</summary>
    public IAsyncEnumerable<StoreChangeEvent> ReadAllAsync(CancellationToken cancellationToken = default) =>
        throw new InvalidOperationException();

    /// <summary>Ends the watch.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal static ValueTask<StoreWatch> OpenAsync(
        NexoClient client, NexoKey prefix, TimeSpan timeout, CancellationToken cancel) =>
        throw new InvalidOperationException($"{client} {prefix} {timeout} {cancel}");
}
