namespace Nexo.Server.Resp;

/// <summary>
/// Clients of Redis go on with a scan by a number, on any connection; the store by a cursor of its own. This keeps two of each scan:
/// the one that it goes on with, and the one before, since a client may ask again. Thread-safe.
/// </summary>
internal sealed class RespCursors
{
    /// <summary>Cursors that are kept; that of the scan which has rested longest is forgotten for one more.</summary>
    private const int KeptMax = 4_096;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Cursor> _cursors = [];

    // In the order in which they were made; some have gone.
    private readonly Queue<ulong> _order = new();
    private ulong _next = 1;

    /// <summary>Keeps a cursor and says its number; the one before that which it follows is forgotten.</summary>
    /// <param name="cursor">Where the scan goes on.</param>
    /// <param name="after">The number of the cursor that it went on with; 0: it began.</param>
    public ulong Keep(ReadOnlySpan<byte> cursor, ulong after)
    {
        lock (_gate)
        {
            if (_cursors.TryGetValue(after, out Cursor before))
            {
                _cursors.Remove(before.After);
            }

            while (_cursors.Count >= KeptMax)
            {
                _cursors.Remove(_order.Dequeue());
            }

            ForgetGone();
            ulong number = _next++;
            _cursors.Add(number, new Cursor(cursor.ToArray(), after));
            _order.Enqueue(number);
            return number;
        }
    }

    /// <summary>The cursor of a number, empty of 0; false: there is none any more.</summary>
    public bool TryFind(ulong number, out byte[] cursor)
    {
        lock (_gate)
        {
            bool isKept = _cursors.TryGetValue(number, out Cursor kept);
            cursor = isKept ? kept.Bytes : [];
            return isKept || number == 0;
        }
    }

    private void ForgetGone()
    {
        for (int left = _order.Count < 2 * KeptMax ? 0 : _order.Count; left > 0; left--)
        {
            ulong number = _order.Dequeue();
            if (_cursors.ContainsKey(number))
            {
                _order.Enqueue(number);
            }
        }
    }

    private readonly record struct Cursor(byte[] Bytes, ulong After);
}
