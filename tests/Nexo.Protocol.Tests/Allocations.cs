namespace Nexo.Protocol.Tests;

internal static class Allocations
{
    // What the runtime does once in a while, such as compiling a method anew, must not fail the test: the best of some
    // windows counts.
    public static void AssertNone(Func<bool> exchange)
    {
        long least = long.MaxValue;
        for (int window = 0; window < 10 && least > 0; window++)
        {
            bool ok = true;
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1_000; i++)
            {
                ok &= exchange();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.True(ok);
        }

        Assert.Equal(0, least);
    }
}
