using System.Diagnostics;

namespace Nexo.EndToEnd.Tests;

/// <summary>Waits for a condition, not for a time.</summary>
internal static class Poll
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    public static Task UntilAsync(Func<bool> condition, TimeSpan patience) => UntilAsync(() => Task.FromResult(condition()), patience);

    public static Task UntilAsync(Func<Task<bool>> condition) => UntilAsync(condition, Patience);

    private static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan patience)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < patience, "the condition did not come true in time");
            await Task.Delay(10);
        }
    }
}
