using System.Globalization;
using System.Text;

namespace Nexo.Server.Http.Api;

/// <summary>What settles a message that was pulled: its id and its lease as one text.</summary>
internal static class Receipt
{
    public const int Max = 65_536;

    public static string Print(ulong messageId, ulong lease) => $"{messageId}-{lease:x16}";

    public static bool TryParse(byte[] text, out ulong messageId, out ulong lease)
    {
        string receipt = Encoding.UTF8.GetString(text);
        int dash = receipt.IndexOf('-', StringComparison.Ordinal);
        (messageId, lease) = (0, 0);
        return dash > 0
            && ulong.TryParse(receipt.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out messageId)
            && ulong.TryParse(receipt.AsSpan(dash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out lease);
    }
}
