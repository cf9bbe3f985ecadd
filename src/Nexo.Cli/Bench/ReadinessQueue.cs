using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Nexo.Cli.Bench;

/// <summary>epoll, level-triggered, with a timer in nanoseconds where epoll's own counts milliseconds.</summary>
internal sealed partial class ReadinessQueue : IDisposable
{
    /// <summary>The identity of the timer among the events.</summary>
    public const int TimerId = -1;

    private const int EventsMax = 256;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int MonotonicClock = 1;
    private const int AbsoluteTime = 1;
    private const int ControlAdd = 1;
    private const int ControlModify = 3;
    private const uint Readable = 1;
    private const uint Writable = 4;

    // struct epoll_event is packed on x64 only: [u32 events][u64 data], elsewhere with four bytes between them.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventSize = DataOffset + sizeof(ulong);

    private readonly byte[] _events = GC.AllocateArray<byte>(EventsMax * EventSize, pinned: true);
    private readonly int _queue;
    private readonly int _timer;
    private long _armedFor;

    public ReadinessQueue()
    {
        _queue = Checked(CreateQueue(CloseOnExec));
        _timer = Checked(CreateTimer(MonotonicClock, CloseOnExec | NonBlocking));
        Control(ControlAdd, _timer, TimerId, Readable);
    }

    public void Add(int descriptor, int id) => Control(ControlAdd, descriptor, id, Readable);

    /// <summary>Whether to report that <paramref name="descriptor"/> takes bytes again.</summary>
    public void WatchWrites(int descriptor, int id, bool watch) =>
        Control(ControlModify, descriptor, id, watch ? Readable | Writable : Readable);

    /// <summary>
    /// Makes <see cref="Wait"/> return at this monotonic time, in nanoseconds, and from then on at once; 0: never.
    /// </summary>
    public void WakeAt(long timestamp)
    {
        if (_armedFor == timestamp)
        {
            return;
        }

        const long NanosecondsPerSecond = 1_000_000_000;
        var setting = new TimerSetting
        {
            Seconds = timestamp / NanosecondsPerSecond,
            Nanoseconds = timestamp % NanosecondsPerSecond,
        };
        Checked(SetTimer(_timer, AbsoluteTime, in setting, 0));
        _armedFor = timestamp;
    }

    /// <summary>Waits for events; how many there are to be read with <see cref="Event"/>.</summary>
    public int Wait(int timeoutMs)
    {
        int count = WaitForEvents(_queue, ref _events[0], EventsMax, timeoutMs);
        return count < 0 && Marshal.GetLastPInvokeError() == NativeSockets.InterruptedError ? 0 : Checked(count);
    }

    /// <summary>One event: who it is for, and whether it says no more than that bytes can be written.</summary>
    public int Event(int index, out bool onlyWritable)
    {
        ReadOnlySpan<byte> item = _events.AsSpan(index * EventSize, EventSize);
        onlyWritable = BinaryPrimitives.ReadUInt32LittleEndian(item) == Writable;
        return BinaryPrimitives.ReadInt32LittleEndian(item[DataOffset..]);
    }

    public void Dispose()
    {
        _ = Close(_timer);
        _ = Close(_queue);
    }

    private void Control(int operation, int descriptor, int id, uint events)
    {
        Span<byte> item = stackalloc byte[EventSize];
        item.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(item, events);
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
    private static partial int ControlQueue(int queue, int operation, int descriptor, ref byte item);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int WaitForEvents(int queue, ref byte events, int eventsMax, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "timerfd_create", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CreateTimer(int clock, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_settime", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetTimer(int timer, int flags, in TimerSetting setting, nint previous);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);

    private struct TimerSetting
    {
        public long RepeatSeconds;
        public long RepeatNanoseconds;
        public long Seconds;
        public long Nanoseconds;
    }
}
