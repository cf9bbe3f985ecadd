using System.Runtime.InteropServices;

namespace Nexo.Engine.Sessions;

/// <summary>
/// A message that sessions share: its bytes are there once, and stay until each who holds it has let go of it. A handle: copying
/// it does not count.
/// </summary>
public readonly unsafe struct SessionBody : IEquatable<SessionBody>
{
    private readonly Head* _head;
    private readonly SessionBodies? _owner;

    internal SessionBody(SessionBodies owner, Head* head)
    {
        _owner = owner;
        _head = head;
    }

    /// <summary>There is none: there was no room for it.</summary>
    public bool IsNone => _head == null;

    internal Head* At => _head;

    internal ulong Id => _head->Id;

    /// <summary>On the engine's clock; 0: it does not expire.</summary>
    internal long DeadlineMs => _head->DeadlineMs;

    /// <summary>Bytes of topic, headers and body.</summary>
    internal int ContentBytes => _head->TopicBytes + _head->HeaderBytes + _head->BodyBytes;

    internal ReadOnlySpan<byte> Topic => new(_head + 1, _head->TopicBytes);

    internal ReadOnlySpan<byte> Headers => new((byte*)(_head + 1) + _head->TopicBytes, _head->HeaderBytes);

    internal ReadOnlySpan<byte> Content =>
        new((byte*)(_head + 1) + _head->TopicBytes + _head->HeaderBytes, _head->BodyBytes);

    /// <summary>Lets go of it.</summary>
    public void Release()
    {
        if (_head != null && Interlocked.Decrement(ref _head->Count) == 0)
        {
            _owner!.Free(_head);
        }
    }

    public bool Equals(SessionBody other) => _head == other._head;

    public override bool Equals(object? obj) => obj is SessionBody other && Equals(other);

    public override int GetHashCode() => ((nint)_head).GetHashCode();

    public static bool operator ==(SessionBody left, SessionBody right) => left.Equals(right);

    public static bool operator !=(SessionBody left, SessionBody right) => !left.Equals(right);

    /// <summary>One more holds it.</summary>
    internal void Hold() => Interlocked.Increment(ref _head->Count);

    /// <summary>What lies before the bytes, 48 of them; slots do not move.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Head
    {
        public ulong Id;
        public long DeadlineMs;
        public int Count;
        public uint Slot;

        /// <summary>In the log since so many snapshots were begun, counted from 1; 0: it is not in it.</summary>
        public int LoggedIn;
        public int TopicBytes;
        public int HeaderBytes;
        public int BodyBytes;
    }
}
