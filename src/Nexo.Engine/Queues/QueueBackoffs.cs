namespace Nexo.Engine.Queues;

/// <summary>How long a message pauses after a failure.</summary>
internal static class QueueBackoffs
{
    private const int DoublingsMax = 62;

    public static long PauseMs(QueueOptions options, int failures)
    {
        switch (options.Backoff)
        {
            case QueueBackoff.Fixed:
                return options.BackoffMs;
            case QueueBackoff.Exponential:
                long whole = Doubled(options.BackoffMs, failures - 1, options.BackoffMsMax);
                long half = whole / 2;
                return whole - Random.Shared.NextInt64(half + 1);
            default:
                return 0;
        }
    }

    private static long Doubled(long pause, int times, long most)
    {
        if (pause >= most || times >= DoublingsMax)
        {
            return pause == 0 ? 0 : most;
        }

        return pause > most >> times ? most : pause << times;
    }
}
