using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Nexo.Server.Data;

/// <summary>
/// The name of the file of a scheduled backup: <c>nexo-20300131T030000Z.backup</c>, of another namespace than the default one
/// <c>nexo.NAMESPACE-…</c>. The moment is that of its beginning.
/// </summary>
/// <param name="Namespace">Empty: the default one.</param>
internal sealed record BackupName(string Namespace, DateTimeOffset At)
{
    private const string Extension = ".backup";
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";
    private const string Program = "nexo";

    public string File => $"{Prefix(Namespace)}{At.ToUniversalTime().ToString(TimeFormat, CultureInfo.InvariantCulture)}{Extension}";

    /// <summary>What it is called until it is complete.</summary>
    public string Unfinished => File + UnfinishedExtension;

    public static string UnfinishedExtension => ".tmp";

    /// <summary>False: it is not one of a scheduled backup of this namespace.</summary>
    public static bool TryParse(string file, string @namespace, [NotNullWhen(true)] out BackupName? name)
    {
        name = null;
        string prefix = Prefix(@namespace);
        if (!file.StartsWith(prefix, StringComparison.Ordinal) || !file.EndsWith(Extension, StringComparison.Ordinal)
            || file.Length < prefix.Length + Extension.Length)
        {
            return false;
        }

        bool read = DateTimeOffset.TryParseExact(
            file.AsSpan(prefix.Length, file.Length - prefix.Length - Extension.Length),
            TimeFormat,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out DateTimeOffset at);
        name = read ? new BackupName(@namespace, at) : null;
        return read;
    }

    private static string Prefix(string @namespace) => @namespace.Length == 0 ? $"{Program}-" : $"{Program}.{@namespace}-";
}
