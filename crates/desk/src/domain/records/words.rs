//! The closed lists of words in records: a code for programs, a label for people.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word:meta])* $variant:ident = $code:literal, $label:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$word])* #[serde(rename = $code)] $variant,)*
        }

        impl $name {
            /// All of them, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code in records.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The words for people.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// How orders are executed.
    Mode {
        /// Decide and record, send nothing.
        Observe = "observe", "observe";
        /// A simulated or a broker's paper account.
        Paper = "paper", "paper";
        /// Real money.
        Live = "live", "live";
    }
}

words! {
    /// Which verb made a run.
    RunKind {
        /// Recorded data through the engine.
        Backtest = "backtest", "backtest";
        /// One trading day shown in the terminal.
        Demo = "demo", "demo";
        /// A living bot's session or week.
        Session = "session", "trading session";
    }
}

words! {
    /// Where the prices of a run come from.
    MarketSource {
        /// Bars that a market once printed.
        Recorded = "recorded", "recorded market";
        /// Bars drawn from a seed.
        Generated = "generated", "generated market";
    }
}

words! {
    /// Why a position was left (TRADE-11).
    ExitReason {
        /// The protective stop filled.
        StopLoss = "stop_loss", "stop";
        /// The target filled.
        TargetHit = "target_hit", "target";
        /// The stop filled after it had followed the price.
        TrailingStop = "trailing_stop", "trailing stop";
        /// Held as long as the strategy holds.
        Timeout = "timeout", "time is up";
        /// The strategy's exit time.
        WindowEnd = "window_end", "window end";
        /// The price came back to VWAP.
        Vwap = "vwap", "back at VWAP";
        /// A result was reached.
        Pnl = "pnl", "result reached";
        /// The belief fell below its floor.
        ThesisInvalidated = "thesis_invalidated", "thesis invalidated";
        /// ATR grew too much.
        Volatility = "volatility", "volatility";
        /// The level relied on is broken.
        Structural = "structural", "level broken";
        /// A person closed it.
        Manual = "manual", "by hand";
        /// The bot was stopped.
        StopCommand = "stop_command", "stop command";
        /// The kill switch.
        Kill = "kill", "kill";
        /// Closed at the session's last price.
        SessionEnd = "session_end", "session end";
        /// Closed at the last price because the data stop.
        DataEnd = "data_end", "data end";
    }
}

words! {
    /// The gates in their order (TRADE-8).
    GateName {
        /// Freezes and bot state.
        State = "state", "state";
        /// Session, window, halts, enough bars.
        Session = "session", "session";
        /// Data quality score.
        DataQuality = "data_quality", "data quality";
        /// Composite score.
        Score = "score", "score";
        /// Toxicity of the flow.
        Toxicity = "toxicity", "toxicity";
        /// Age of the evidence.
        Freshness = "freshness", "freshness";
        /// Market intelligence.
        Intelligence = "intelligence", "intelligence";
        /// Regime and tier.
        Regime = "regime", "regime";
        /// Order-flow imbalance.
        OrderFlow = "order_flow", "order flow";
        /// Expectancy after costs.
        Expectancy = "expectancy", "expectancy";
        /// Expected move against round-trip cost.
        Fee = "fee", "fee";
        /// Execution quality score.
        ExecutionQuality = "execution_quality", "execution quality";
        /// Correlation with open positions.
        Correlation = "correlation", "correlation";
        /// Reliability of the strategy.
        Reliability = "reliability", "reliability";
        /// Turnover and expected edge.
        Turnover = "turnover", "turnover";
        /// The noise filter's veto.
        Noise = "noise", "noise";
        /// RISK-1 to RISK-9.
        PreTradeRisk = "pre_trade_risk", "pre-trade risk";
    }
}

words! {
    /// What a gate said (REP-3a); `would_…` after the one that blocked.
    Verdict {
        /// Passed.
        Pass = "pass", "pass";
        /// The first that failed.
        Block = "block", "blocked";
        /// Not reached, would have passed.
        WouldPass = "would_pass", "would pass";
        /// Not reached, would have failed.
        WouldBlock = "would_block", "would block";
        /// The strategy does not declare its evidence.
        NotApplicable = "not_applicable", "not applicable";
        /// No statistics exist yet; passes.
        NoHistory = "no_history", "no history";
    }
}

words! {
    /// What became of a decision.
    Outcome {
        /// Its entry filled.
        Executed = "executed", "executed";
        /// A gate or a limit stopped it.
        Blocked = "blocked", "blocked";
        /// It passed and got no fill.
        Missed = "missed", "missed";
        /// Its entry still works.
        Pending = "pending", "pending";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_rules() {
        // TRADE-8: seventeen gates in this order; TRADE-11: fifteen exits; REP-3a: six verdicts.
        let gates: Vec<_> = GateName::ALL.iter().map(|g| g.as_str()).collect();
        assert_eq!(
            gates.join(" "),
            "state session data_quality score toxicity freshness intelligence regime order_flow expectancy fee \
             execution_quality correlation reliability turnover noise pre_trade_risk"
        );
        assert_eq!((ExitReason::ALL.len(), Verdict::ALL.len()), (15, 6));
        for reason in ExitReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
        for verdict in Verdict::ALL {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.as_str());
        }
    }
}
