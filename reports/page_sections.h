// SPDX-License-Identifier: Apache-2.0
// The sections of the page, in their order. Each writes nothing when the model has nothing for it, and takes
// for granted that the model passed check().
#pragma once

#include "reports/html_writer.h"
#include "reports/report_model.h"

namespace spanwise::reports {

void write_headline(HtmlWriter& html, const ReportModel& model);    // title, table of workloads
void write_notes(HtmlWriter& html, const Header& header);           // what is assumed, what was defaulted
void write_ladders(HtmlWriter& html, const ReportModel& model);     // bounds, rung by rung
void write_operators(HtmlWriter& html, const ReportModel& model);   // where the time goes
void write_plan(HtmlWriter& html, const ReportModel& model);        // map and rules
void write_front_section(HtmlWriter& html, const Front& front);     // what less time costs
void write_proof(HtmlWriter& html, const ReportModel& model);       // certificate, searched against priced
void write_validation(HtmlWriter& html, const ReportModel& model);  // predicted against measured
void write_sources(HtmlWriter& html, const ReportModel& model);     // provenance, reproduction

}  // namespace spanwise::reports
