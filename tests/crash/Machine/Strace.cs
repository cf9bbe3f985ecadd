using System.Text.RegularExpressions;

namespace Nexo.Crash.Machine;

/// <summary>
/// A fault that strace puts into one system call of the server: the call is not made, and its error is returned.
/// </summary>
/// <param name="Call">Such as <c>fsync</c>.</param>
/// <param name="Error">Such as <c>EIO</c>.</param>
/// <param name="When">Which of the calls that match: the Nth, from 1.</param>
internal sealed record InjectedFault(string Call, string Error, int When)
{
    public override string ToString() => $"{Call} number {When}: {Error}";
}

/// <summary>strace as a wrapper around the server.</summary>
internal static partial class Strace
{
    /// <summary>The command that runs the server with the fault in it.</summary>
    /// <param name="fault">What fails, once.</param>
    /// <param name="paths">Only calls on these files count; none: all.</param>
    /// <param name="record">Where strace writes the calls that it has seen.</param>
    public static IReadOnlyList<string> Wrapper(InjectedFault fault, IEnumerable<string> paths, string record) =>
    [
        "strace", "-f", "-qq", "--seccomp-bpf", "-o", record,
        .. paths.SelectMany(path => new[] { "-P", path }),
        "-e", $"trace={fault.Call}",
        "-e", $"inject={fault.Call}:error={fault.Error}:when={fault.When}",
    ];

    /// <summary>The command that runs the server and records calls, with the paths of their files.</summary>
    public static IReadOnlyList<string> Recorder(string calls, string record) =>
        ["strace", "-f", "-qq", "-y", "--seccomp-bpf", "-o", record, "-e", $"trace={calls}"];

    /// <exception cref="MachineException">It is not there or may not trace.</exception>
    public static Task ProbeAsync() => Tool.RunAsync("strace", "-f", "-qq", "-o", "/dev/null", "true");

    /// <summary>The call that the fault hit, as strace shows it; null: it has not come to it.</summary>
    public static string? Hit(string record) =>
        File.Exists(record) ? File.ReadLines(record).FirstOrDefault(line => Injected().IsMatch(line)) : null;

    [GeneratedRegex(@"\(INJECTED\)")]
    private static partial Regex Injected();
}
