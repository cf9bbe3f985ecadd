namespace Nexo.Server.Resp;

/// <summary>
/// Clients of Redis go on with a scan by a number, on any connection; the store by a cursor of its own. This keeps the last so
/// many. Thread-safe.
/// </summary>
internal sealed class RespCursors
{
    /// <summary>Scans that may be under way; the cursor that was used longest ago is forgotten for one more.</summary>
    private const int KeptMax = 4_096;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, byte[]> _cursors = [];
    private readonly Queue<ulong> _order = new();
    private ulong _next = 1;

    /// <summary>Keeps a cursor and says its number.</summary>
    public ulong Keep(ReadOnlySpan<byte> cursor)
    {
        lock (_gate)
        {
            while (_order.Count >= KeptMax)
            {
                _cursors.Remove(_order.Dequeue());
            }

            ulong number = _next++;
            _cursors.Add(number, cursor.ToArray());
            _order.Enqueue(number);
            return number;
        }
    }

    /// <summary>The cursor of a number; null: there is none any more. It stays, since a client may ask again.</summary>
    public byte[]? Find(ulong number)
    {
        lock (_gate)
        {
            return _cursors.GetValueOrDefault(number);
        }
    }
}
