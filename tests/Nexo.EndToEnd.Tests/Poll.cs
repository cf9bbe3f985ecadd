using System.Diagnostics;

namespace Nexo.EndToEnd.Tests;

/// <summary>Waits for a condition, not for a time.</summary>
internal static class Poll
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task UntilAsync(Func<bool> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, "the condition did not come true in time");
            await Task.Delay(10);
        }
    }
}
