namespace Nexo.Bench.Compare.Queues;

/// <summary>
/// Bounds how many messages are on their way without a confirm, where each has a number from 1 and confirms come one by
/// one or for all up to a number, not always in order.
/// </summary>
internal sealed class ConfirmWindow(int size) : IDisposable
{
    private static readonly TimeSpan ConfirmedWithin = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _free = new(size);
    private readonly HashSet<ulong> _early = [];
    private ulong _confirmedUpTo;
    private long _sent;

    /// <summary>Waits for a place.</summary>
    public async ValueTask EnterAsync(CancellationToken cancel)
    {
        await TakePlaceAsync(cancel);
        _sent++;
    }

    /// <summary>Called for one confirm after another.</summary>
    public Task ConfirmedAsync(ulong number, bool multiple)
    {
        int freed = 0;
        if (multiple)
        {
            for (; _confirmedUpTo < number; _confirmedUpTo++)
            {
                freed += _early.Remove(_confirmedUpTo + 1) ? 0 : 1;
            }
        }
        else if (number > _confirmedUpTo && _early.Add(number))
        {
            freed = 1;
            while (_early.Remove(_confirmedUpTo + 1))
            {
                _confirmedUpTo++;
            }
        }

        if (freed > 0)
        {
            _free.Release(freed);
        }

        return Task.CompletedTask;
    }

    /// <summary>Waits until nothing is on its way any more; returns how many messages that were.</summary>
    public async Task<long> WaitForAllAsync(CancellationToken cancel)
    {
        for (int i = 0; i < size; i++)
        {
            await TakePlaceAsync(cancel);
        }

        return _sent;
    }

    public void Dispose() => _free.Dispose();

    private async ValueTask TakePlaceAsync(CancellationToken cancel)
    {
        if (!await _free.WaitAsync(ConfirmedWithin, cancel))
        {
            throw new CompareFailure($"No confirm came within {ConfirmedWithin.TotalSeconds:0} s.");
        }
    }
}
