using System.Globalization;

namespace Nexo.Engine.Tests.Queues.Model;

/// <summary>How long the random runs are: so many times the usual, by the variable that <c>docs/durability.md</c> names.</summary>
internal static class ModelRounds
{
    private const string Variable = "NEXO_MODEL_TIMES";

    public static int Of(int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out int times)
            ? usual * times
            : usual;
}
