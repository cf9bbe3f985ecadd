using Nexo.Server.Security;

namespace Nexo.Server.Tests.Security;

public sealed class QuietWorkTests
{
    [Fact]
    public async Task It_runs_on_a_thread_of_its_own_that_steps_aside()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "threads have a priority of their own on Linux only");
        (bool IsPool, int Niceness) there = await QuietWork.RunAsync(
            () => (Thread.CurrentThread.IsThreadPoolThread, NicenessOfThisThread()), CancellationToken.None);
        int afterwards = NicenessOfThisThread();
        Assert.False(there.IsPool);
        Assert.InRange(afterwards, -20, 14);
        Assert.InRange(there.Niceness, 15, 19);
        Assert.InRange(await Task.Run(NicenessOfThisThread), -20, 14);
    }

    // The nineteenth field of stat; the second is a name in parentheses.
    private static int NicenessOfThisThread()
    {
        string stat = File.ReadAllText("/proc/thread-self/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16]);
    }
}
