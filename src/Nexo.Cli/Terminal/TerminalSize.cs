using System.Runtime.InteropServices;

namespace Nexo.Cli.Terminal;

/// <summary>How large the terminal is, asked of the system.</summary>
internal static partial class TerminalSize
{
    private const nuint GetWindowSize = 0x5413;

    /// <summary>Columns of the terminal behind standard output or error; null when neither is one.</summary>
    public static int? Width() => Find() is { Columns: > 0 } size ? size.Columns : null;

    /// <summary>Its lines, likewise.</summary>
    public static int? Height() => Find() is { Rows: > 0 } size ? size.Rows : null;

    // A pty that nobody gave a size answers 0.
    private static WindowSize? Find() => OperatingSystem.IsLinux() ? Find(descriptor: 1) ?? Find(descriptor: 2) : null;

    private static WindowSize? Find(int descriptor) =>
        Control(descriptor, GetWindowSize, out WindowSize size) == 0 && size.Columns > 0 ? size : null;

    [LibraryImport("libc", EntryPoint = "ioctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(int descriptor, nuint request, out WindowSize size);

    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort PixelsWide;
        public ushort PixelsHigh;
    }
}
