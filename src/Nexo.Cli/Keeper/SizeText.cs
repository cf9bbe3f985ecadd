namespace Nexo.Cli.Keeper;

/// <summary>Sizes as people read them.</summary>
internal static class SizeText
{
    private const double Step = 1_024;
    private static readonly string[] Units = ["B", "KB", "MB", "GB", "TB", "PB"];

    /// <summary>Three digits or so: <c>17 B</c>, <c>1.5 KB</c>, <c>230 MB</c>.</summary>
    public static string Of(double bytes)
    {
        int unit = 0;
        while (bytes >= Step && unit < Units.Length - 1)
        {
            bytes /= Step;
            unit++;
        }

        return unit == 0 || bytes >= 100 ? $"{bytes:N0} {Units[unit]}" : $"{bytes:N1} {Units[unit]}";
    }
}
