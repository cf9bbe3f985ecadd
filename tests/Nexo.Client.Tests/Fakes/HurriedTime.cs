namespace Nexo.Client.Tests;

/// <summary>A clock whose one-shot timers fire at once and are written down: pauses without the waiting.</summary>
internal sealed class HurriedTime : TimeProvider
{
    /// <summary>A timer of this length is left alone.</summary>
    public static readonly TimeSpan Unhurried = TimeSpan.FromSeconds(4);

    private readonly List<TimeSpan> _pauses = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime == Unhurried || dueTime == Timeout.InfiniteTimeSpan)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        lock (_pauses)
        {
            _pauses.Add(dueTime);
        }

        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }

    public async Task<TimeSpan[]> PausesAsync(int count)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        while (true)
        {
            lock (_pauses)
            {
                if (_pauses.Count >= count)
                {
                    return [.. _pauses.Take(count)];
                }
            }

            await Task.Delay(5, patience.Token);
        }
    }
}
