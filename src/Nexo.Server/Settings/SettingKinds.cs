using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using Nexo.Engine.Schedules;
using Nexo.Server.Security;

namespace Nexo.Server.Settings;

/// <summary>The types of settings.</summary>
internal static class SettingKinds
{
    private const string None = "none";

    // sun_path of sockaddr_un, without its closing zero.
    private const int UnixPathBytesMax = 107;

    public static SettingKind<bool> Flag { get; } = new(
        "true or false",
        static (string text, out bool value, out string? reason) =>
        {
            reason = null;
            return bool.TryParse(text, out value);
        },
        static value => value ? "true" : "false");

    /// <summary>A word rather than nothing turns it off: a variable that was never set must not lose data.</summary>
    public static SettingKind<string?> DataDirectory { get; } = new(
        "a directory, or none",
        static (string text, out string? value, out string? reason) =>
        {
            string path = text.Trim();
            value = Same(path, None) ? null : path;
            reason = path.Contains('\0') ? "a path has no zero byte"
                : path.Length == 0 ? "it is empty"
                : null;
            return reason is null;
        },
        static value => value ?? None);

    public static SettingKind<string?> SocketPath { get; } = Path(
        "a path, or nothing",
        static path => Encoding.UTF8.GetByteCount(path) > UnixPathBytesMax
            ? $"the path of a unix socket has at most {UnixPathBytesMax} bytes"
            : null);

    public static SettingKind<string?> FilePath { get; } = Path("a file, or nothing", static _ => null);

    public static SettingKind<string?> FolderPath { get; } = Path("a directory, or nothing", static _ => null);

    public static SettingKind<Timetable?> Schedule { get; } = new(
        "every 6h, @daily, or five fields of cron in UTC, such as 0 3 * * *; or nothing",
        static (string text, out Timetable? value, out string? reason) =>
        {
            (value, reason) = (null, null);
            if (text.Trim().Length == 0)
            {
                return true;
            }

            value = Timetable.TryParse(text, out string problem);
            reason = value is null ? problem : null;
            return value is not null;
        },
        static value => value?.Text ?? string.Empty);

    public static SettingKind<string> Address { get; } = new(
        "an IP address, localhost, or * for every address of the machine",
        static (string text, out string value, out string? reason) =>
        {
            reason = null;
            value = text.Trim();
            return value is BindAddress.Everywhere or BindAddress.Localhost || IPAddress.TryParse(value, out _);
        },
        static value => value);

    public static SettingKind<int> Shards { get; } = new(
        "0, or a power of two up to 256",
        static (string text, out int value, out string? reason) =>
        {
            reason = null;
            return TryInteger(text, out value) && (value == 0 || (value is > 0 and <= 256 && BitOperations.IsPow2(value)));
        },
        static value => value.ToString());

    public static SettingKind<TokenHash?> Token { get; } = new(
        "64 hexadecimal digits, or nothing; nexo config new-token makes one",
        static (string text, out TokenHash? value, out string? reason) =>
        {
            (value, reason) = (null, null);
            return text.Length == 0 || TokenHash.TryParse(text, out value);
        },
        static value => value?.Format() ?? string.Empty);

    public static SettingKind<IReadOnlyList<UserCredential>> Users { get; } = new(
        "a list of NAME:HASH; nexo config hash-password makes a HASH",
        UserList.TryParse,
        UserList.Print);

    public static SettingKind<IReadOnlyList<AllowedRule>> Allowed { get; } = new(
        "a list of NAME: BROKER OPERATIONS PATTERN, such as ada: queue consume jobs.*",
        AllowedList.TryParse,
        AllowedList.Print);

    public static SettingKind<IReadOnlyList<string>> Namespaces { get; } = new(
        "a list of names, such as shop,billing", NamespaceLists.TryParse, NamespaceLists.Print);

    public static SettingKind<IReadOnlyList<LimitedUser>> UserLimits { get; } = new(
        "NAME: and any of connections=, rate= and in-flight-bytes=, with commas between users", LimitLists.TryParse, LimitLists.Print);

    public static SettingKind<IReadOnlyList<UserNamespace>> UserNamespaces { get; } = new(
        "a list of NAME:NAMESPACE, such as ada:shop", NamespaceLists.TryParseUsers, NamespaceLists.Print);

    public static SettingKind<IReadOnlyList<string>> Origins { get; } = new(
        "a list of origins, such as https://app.example",
        OriginList.TryParse,
        OriginList.Print);

    public static SettingKind<string?> UsersFile { get; } = Path("a path, or nothing", static _ => null);

    public static SettingKind<string?> Endpoint { get; } = Path(
        "an address that begins with http:// or https://, or nothing",
        static text => text.Length == 0 || (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https")
            ? null
            : "it is no address of HTTP");

    public static SettingKind<string?> HeaderList { get; } = Path(
        "a list of NAME=VALUE, or nothing",
        static text => text.Length == 0 || text.Split(',').All(static pair => pair.IndexOf('=', StringComparison.Ordinal) > 0)
            ? null
            : "each is NAME=VALUE");

    public static SettingKind<int> Integer(int min, int max) => new(
        $"a number from {min} to {max}",
        (string text, out int value, out string? reason) =>
        {
            reason = null;
            return TryInteger(text, out value) && value >= min && value <= max;
        },
        static value => value.ToString());

    public static SettingKind<int> Size(int min, int max) => Narrow(Size((long)min, max));

    public static SettingKind<long> Size(long min, long max) => new(
        $"a size from {SizeText.Print(min)} to {SizeText.Print(max)}, such as 65536, 64kb, 16mb or 1gb",
        (string text, out long value, out string? reason) =>
        {
            reason = null;
            return SizeText.TryParse(text, out value) && value >= min && value <= max;
        },
        SizeText.Print);

    /// <summary>A size, or what the server finds right.</summary>
    public static SettingKind<long> SizeOrAuto(long min, long max)
    {
        SettingKind<long> size = Size(min, max);
        return new(
            $"auto, 0, or {size.Allowed}",
            (string text, out long value, out string? reason) =>
            {
                reason = null;
                value = PressureOptions.Auto;
                return Same("auto", text.Trim()) || (SizeText.TryParse(text, out value) && (value == 0 || (value >= min && value <= max)));
            },
            static value => value == PressureOptions.Auto ? "auto" : SizeText.Print(value));
    }

    public static SettingKind<int> Duration(int minMs, int maxMs) => Narrow(new SettingKind<long>(
        $"a duration from {DurationText.Print(minMs)} to {DurationText.Print(maxMs)}, such as 500ms, 30s or 5m",
        (string text, out long value, out string? reason) =>
        {
            reason = null;
            return DurationText.TryParse(text, out value) && value >= minMs && value <= maxMs;
        },
        DurationText.Print));

    /// <summary>One of the names.</summary>
    public static SettingKind<T> Choice<T>(IReadOnlyList<(string Name, T Value)> choices)
        where T : struct => new(
        string.Join(", ", choices.Select(choice => choice.Name)),
        (string text, out T value, out string? reason) =>
        {
            string name = text.Trim();
            reason = null;
            (string Name, T Value) found = choices.FirstOrDefault(choice => Same(choice.Name, name));
            value = found.Value;
            return found.Name is not null;
        },
        value => choices.First(choice => choice.Value.Equals(value)).Name);

    private static SettingKind<string?> Path(string allowed, Func<string, string?> objection) => new(
        allowed,
        (string text, out string? value, out string? reason) =>
        {
            value = text.Length == 0 ? null : text;
            reason = text.Contains('\0') ? "a path has no zero byte" : objection(text);
            return reason is null;
        },
        static value => value ?? string.Empty);

    // The bounds are those of an int already.
    private static SettingKind<int> Narrow(SettingKind<long> kind) => new(
        kind.Allowed,
        (string text, out int value, out string? reason) =>
        {
            bool read = kind.TryParse(text, out long wide, out reason);
            value = read ? (int)wide : 0;
            return read;
        },
        value => kind.Print(value));

    private static bool TryInteger(string text, out int value) => int.TryParse(
        text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
        CultureInfo.InvariantCulture, out value);

    private static bool Same(string? one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
