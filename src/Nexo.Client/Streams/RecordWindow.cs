namespace Nexo.Client;

/// <summary>
/// How many records a reader may hold, by their number and, as far as their sizes can be foreseen, by their bytes: the server is given
/// credits for records alone, so they are as many as would fit if those that come are as large as those that came. It is careful at
/// first, when nothing is known.
/// </summary>
internal sealed class RecordWindow(int recordsMax, int bytesMax)
{
    private const int CreditsAtFirst = 16;

    private readonly Lock _gate = new();
    private long _heldBytes;
    private int _held;
    private int _outstanding = Math.Min(recordsMax, CreditsAtFirst);
    private double _bytesPerRecord = 1;

    /// <summary>The credits to open with.</summary>
    public int First => Math.Min(recordsMax, CreditsAtFirst);

    /// <summary>Takes in records that came; false when they were not paid for.</summary>
    public bool TryHold(int count, int bytes)
    {
        lock (_gate)
        {
            if (count > _outstanding)
            {
                return false;
            }

            if (count > 0)
            {
                _outstanding -= count;
                _held += count;
                _heldBytes += bytes;
                double size = (double)bytes / count;
                _bytesPerRecord = Math.Max(size, _bytesPerRecord + ((size - _bytesPerRecord) / 8));
            }

            return true;
        }
    }

    /// <summary>Records have left; returns the credits that are to be given for others, if it is worth it.</summary>
    public int Release(int count, int bytes)
    {
        lock (_gate)
        {
            _held -= count;
            _heldBytes -= bytes;
            int wanted = (int)Math.Clamp(bytesMax / _bytesPerRecord, 1, recordsMax);
            int free = wanted - _held - _outstanding;
            if (free < Math.Max(1, wanted / 2) || _heldBytes > bytesMax / 2)
            {
                return 0;
            }

            _outstanding += free;
            return free;
        }
    }
}
