using System.Diagnostics;

namespace Nexo.EndToEnd.Tests;

/// <summary>Waits for a condition, not for a time.</summary>
internal static class Poll
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, "the condition did not come true in time");
            await Task.Delay(10);
        }
    }
}
