namespace Nexo.Bench.Compare.Queues;

/// <summary>Counts confirms of messages with numbers from 1: one by one or for all up to a number, not always in order.</summary>
internal sealed class ConfirmedNumbers
{
    private readonly HashSet<ulong> _early = [];
    private ulong _upTo;

    /// <returns>How many messages are confirmed by it that were not.</returns>
    public int Add(ulong number, bool multiple)
    {
        int added = 0;
        if (multiple)
        {
            for (; _upTo < number; _upTo++)
            {
                added += _early.Remove(_upTo + 1) ? 0 : 1;
            }
        }
        else if (number > _upTo && _early.Add(number))
        {
            added = 1;
        }

        while (_early.Remove(_upTo + 1))
        {
            _upTo++;
        }

        return added;
    }
}
