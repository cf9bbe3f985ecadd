using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nexo.Server.Transport;

/// <summary>What epoll says of a socket.</summary>
[Flags]
internal enum SocketEvents : uint
{
    None = 0,
    Readable = 0x001,
    Writable = 0x004,
    Error = 0x008,
    HangUp = 0x010,
    PeerClosed = 0x2000,
    EdgeTriggered = 1u << 31,
}

/// <summary>One epoll instance with an eventfd that ends a wait, by <c>epoll(7)</c>.</summary>
internal sealed partial class Epoll : IDisposable
{
    /// <summary>The identity of <see cref="Wake"/> among the events.</summary>
    public const int WakeId = -1;

    private const int EventsMax = 256;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int ControlAdd = 1;
    private const int ControlDelete = 2;
    private const int Interrupted = 4;

    // struct epoll_event is packed on x64 only: [u32 events][u64 data], elsewhere with four bytes between them.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventSize = DataOffset + sizeof(ulong);

    private readonly byte[] _events = GC.AllocateArray<byte>(EventsMax * EventSize, pinned: true);
    private readonly SafeFileHandle _queue;
    private readonly SafeFileHandle _wake;

    public Epoll()
    {
        _queue = new SafeFileHandle(Checked(CreateQueue(CloseOnExec)), ownsHandle: true);
        _wake = new SafeFileHandle(CreateEvent(0, CloseOnExec | NonBlocking), ownsHandle: true);
        try
        {
            Control(ControlAdd, Checked((int)_wake.DangerousGetHandle()), WakeId, SocketEvents.Readable);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Reports every change of the socket's readiness, and at once the one that it has.</summary>
    public void Add(int descriptor, int id) => Control(
        ControlAdd,
        descriptor,
        id,
        SocketEvents.Readable | SocketEvents.Writable | SocketEvents.PeerClosed | SocketEvents.EdgeTriggered);

    public void Remove(int descriptor) => Control(ControlDelete, descriptor, 0, SocketEvents.None);

    /// <summary>Ends the wait that is going on, or else the next one.</summary>
    public void Wake()
    {
        try
        {
            ulong one = 1;
            _ = Write(_wake, ref one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }

    /// <summary>Takes note of <see cref="WakeId"/>.</summary>
    public void ForgetWake()
    {
        ulong count = 0;
        _ = Read(_wake, ref count, sizeof(ulong));
    }

    /// <summary>Waits for events, for ever or not at all; how many there are to be read with <see cref="Event"/>.</summary>
    public int Wait(bool forever)
    {
        int count = WaitForEvents(_queue, ref _events[0], EventsMax, forever ? -1 : 0);
        return count < 0 && Marshal.GetLastPInvokeError() == Interrupted ? 0 : Checked(count);
    }

    public SocketEvents Event(int index, out int id)
    {
        ReadOnlySpan<byte> item = _events.AsSpan(index * EventSize, EventSize);
        id = BinaryPrimitives.ReadInt32LittleEndian(item[DataOffset..]);
        return (SocketEvents)BinaryPrimitives.ReadUInt32LittleEndian(item);
    }

    public void Dispose()
    {
        _wake.Dispose();
        _queue.Dispose();
    }

    private void Control(int operation, int descriptor, int id, SocketEvents events)
    {
        Span<byte> item = stackalloc byte[EventSize];
        item.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(item, (uint)events);
        BinaryPrimitives.WriteInt32LittleEndian(item[DataOffset..], id);
        Checked(ControlQueue(_queue, operation, descriptor, ref item[0]));
    }

    private static int Checked(int result) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CreateQueue(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ControlQueue(SafeFileHandle queue, int operation, int descriptor, ref byte item);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int WaitForEvents(SafeFileHandle queue, ref byte events, int eventsMax, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CreateEvent(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Write(SafeFileHandle descriptor, ref ulong value, nint bytes);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Read(SafeFileHandle descriptor, ref ulong value, nint bytes);
}
